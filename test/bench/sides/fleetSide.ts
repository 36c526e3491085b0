import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { z } from 'zod';
import type { CalledChild } from '../harness/childCalls.js';
import { forkCalled } from '../harness/childCalls.js';
import type { BenchServers } from '../harness/servers.js';
import { tenantOfNumber } from './fleetNames.js';
import type { TallyGoal } from './fleetTally.js';
import type { AddForm } from './jobAdder.js';
import type { WorkerShape } from './workerShape.js';
import { toEnvironment } from './workerShape.js';

const nothing = z.null();
const counts = z.array(z.number());
const stateSchema = z.object({
  done: z.number(),
  tenants: z.number(),
  firstStartMs: z.number().nullable(),
  lastEndMs: z.number().nullable(),
  /** CPU time since the process started, in microseconds. */
  cpuUs: z.number(),
  rssBytes: z.number(),
  loopDelayP99Ms: z.number(),
});

/** What a worker process says of itself. */
export type WorkerState = z.infer<typeof stateSchema>;

/** A worker process of either side; see `Tally` for what it answers. */
export interface FleetWorker extends Pick<CalledChild, 'pid' | 'forkedAtMs' | 'stop'> {
  /** Part of the names of its connections to Redis, and of no others. */
  readonly connectionName: string;
  reset(): Promise<null>;
  state(): Promise<WorkerState>;
  reach(goal: TallyGoal): Promise<null>;
  waits(): Promise<number[]>;
  race(course: { readonly after: number; readonly first: number }): Promise<number[]>;
  /** Writes a CPU profile of the time that `work` takes into a file. */
  profiled<Result>(file: string, work: () => Promise<Result>): Promise<Result>;
}

/** The process that adds jobs. Each call resolves with when the first was added, by `nowMs`. */
export interface Generator extends Pick<CalledChild, 'stop'> {
  fill(load: { readonly from: number; readonly tenants: number; readonly jobsEach: number }): Promise<number>;
  pace(load: { readonly tenants: number; readonly jobsPerSecond: number; readonly jobs: number }): Promise<number>;
  singles(load: {
    readonly from: number;
    readonly tenants: number;
    readonly jobs: number;
    readonly everyMs: number;
  }): Promise<number>;
  cpuUs(): Promise<number>;
}

/** One side of the bench. */
export type FleetSideName = 'ours' | 'reference';

/** What each side is called in front of people. */
export const SIDE_NAMES: Readonly<Record<FleetSideName, string>> = { ours: 'ours', reference: 'bare BullMQ' };

const WORKER_FILES: Readonly<Record<FleetSideName, string>> = {
  ours: './fleetWorkerMain.js',
  reference: './bareFleetWorkerMain.js',
};

/** Slots that a tenant has without being told. */
const FLOOR_SLOTS = 1;

/** Starts a worker process of a side. Its tenants' lanes must have been added to before. */
export async function startFleetWorker(
  side: FleetSideName,
  { redis, keys, environment }: BenchServers,
  shape: WorkerShape,
): Promise<FleetWorker> {
  if (side === 'ours' && shape.slots !== FLOOR_SLOTS) {
    const all = Array.from({ length: shape.tenants }, (_, number): [string, number] => [
      tenantOfNumber(number),
      shape.slots,
    ]);
    await writeDesiredSlots(redis.client, keys, new Map(all), 0);
  }
  const { REDIS_URL = '', SLUICE_PREFIX: prefix = '' } = environment;
  // BullMQ names the connections that it makes itself after the prefix, too.
  const redisUrl = new URL(REDIS_URL);
  redisUrl.searchParams.set('connectionName', prefix);
  const part = toEnvironment({ redisUrl: redisUrl.href, prefix, shape });
  const child = forkCalled(new URL(WORKER_FILES[side], import.meta.url), part);
  return {
    connectionName: prefix,
    pid: child.pid,
    forkedAtMs: child.forkedAtMs,
    stop: child.stop,
    reset: () => child.call('reset', null, nothing),
    state: () => child.call('state', null, stateSchema),
    reach: (goal) => child.call('reach', goal, nothing),
    waits: () => child.call('waits', null, counts),
    race: (course) => child.call('race', course, counts),
    async profiled(file, work) {
      await child.call('profile', null, nothing);
      const result = await work();
      await child.call('profiled', file, nothing);
      return result;
    },
  };
}

/** Starts the process that adds jobs. */
export function startGenerator(form: AddForm, { environment }: BenchServers): Generator {
  const { REDIS_URL = '', SLUICE_PREFIX: PREFIX = '' } = environment;
  const child = forkCalled(new URL('./generatorMain.js', import.meta.url), { REDIS_URL, PREFIX, FORM: form });
  const moment = z.number();
  return {
    stop: child.stop,
    fill: (load) => child.call('fill', load, moment),
    pace: (load) => child.call('pace', load, moment),
    singles: (load) => child.call('singles', load, moment),
    cpuUs: () => child.call('cpuUs', null, z.number()),
  };
}
