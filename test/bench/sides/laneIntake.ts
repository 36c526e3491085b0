import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { createServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';

/** This file runs as test/dist/bench/sides/laneIntake.js. */
const WORKER = new URL('../../../../apps/worker/dist/', import.meta.url);

/** What our engine is built from. */
export interface IntakeParts {
  readonly redis: RedisService;
  readonly keys: FleetKeys;
  readonly workerId: string;
  /** Jobs that the process runs at a time over all tenants. */
  readonly concurrency: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  readonly lockMs: number;
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  readonly log: Log;
}

/** The worker's engine, from the queue to `run` and back, without PostgreSQL: as the worker process wires it. */
export async function openLaneIntake(parts: IntakeParts): Promise<Service> {
  const { createJobIntake } =
    await load<typeof import('../../../apps/worker/src/claim/jobIntake.js')>('claim/jobIntake.js');
  const { redis, ...rest } = parts;
  const { services } = createJobIntake({
    ...rest,
    client: redis.client,
    tasks: new Map(),
    slotLeaseMs: 10_000,
    heartbeatLastsMs: 5_000,
    sweepMs: 15_000,
    listeners: {},
    onBeat: () => undefined,
    clock: createServerClock({
      boundMs: 2_000,
      consequence: 'no jobs are taken',
      onSkew: () => undefined,
      log: parts.log,
    }),
    now: Date.now,
    monotonicMs: () => performance.now(),
  });
  return createServiceGroup('intake', services, parts.log);
}

/** Built files of an app are loaded by address, as images do: apps are no packages that others import. */
async function load<Module>(file: string): Promise<Module> {
  return (await import(new URL(file, WORKER).href)) as Module;
}
