import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../../harness/childCalls.js';
import { readProfile, summariseProfile } from '../../harness/profileSummary.js';
import { countConnections, readRedisLoad } from '../../harness/redisLoad.js';
import type { FleetSideName, FleetWorker, Generator } from '../../sides/fleetSide.js';
import { SIDE_NAMES, startFleetWorker, startGenerator } from '../../sides/fleetSide.js';
import type { WorkerShape } from '../../sides/workerShape.js';
import type { FleetContext } from './measure.js';

/** Jobs that our process runs at a time over all tenants, where a measure does not say otherwise. */
const CAPACITY = 200;

/** Functions that the summary of a profile names. */
const PROFILED_FUNCTIONS = 12;

/** How long a fleet is left alone after its tenants were served, in ms, so that nothing of the start is measured. */
const SETTLE_MS = 3_000;

/** A worker process that has served every tenant once, and the process that adds jobs. */
export interface RunningFleet {
  readonly side: FleetSideName;
  readonly worker: FleetWorker;
  readonly generator: Generator;
  /** From the start of the worker process until every tenant has had one job, added beforehand, run; in ms. */
  readonly servedAfterMs: number;
  /** Connections to Redis that the worker process holds. */
  readonly connections: number;
}

/** Shape of a fleet in which each tenant runs one job at a time, and jobs take no time. */
export function tenantsOf(tenants: number): WorkerShape {
  return { tenants, capacity: CAPACITY, slots: 1, slotConcurrency: 1, serviceMs: 0 };
}

/** Adds one job to each tenant, starts a side's worker process, waits until all are served, lets it rest, and measures. */
export async function onServedFleet<Result>(
  side: FleetSideName,
  context: FleetContext,
  shape: WorkerShape,
  work: (fleet: RunningFleet) => Promise<Result>,
): Promise<Result> {
  return onFilledFleet(side, context, async ({ generator, start }) => {
    await generator.fill({ from: 0, tenants: shape.tenants, jobsEach: 1 });
    const worker = await start(shape);
    const { result: servedMs } = await withCpu(
      context,
      { side, worker, generator },
      `start-${shape.tenants}`,
      async () => {
        await worker.reach({ tenants: shape.tenants });
        return (await worker.state()).lastEndMs ?? Number.NaN;
      },
    );
    // A short window means that only the machinery is tried out.
    await pause(context.seconds === null ? SETTLE_MS : Math.min(SETTLE_MS, context.seconds * 1_000));
    return work({
      side,
      worker,
      generator,
      servedAfterMs: servedMs - worker.forkedAtMs,
      connections: await countConnections(context.servers.redis.client, worker.connectionName),
    });
  });
}

/** What a measure needs that fills its lanes itself. */
export interface FillableFleet {
  readonly generator: Generator;
  /** Starts the side's worker process; it is stopped in the end. */
  start(shape: WorkerShape): Promise<FleetWorker>;
}

/** Starts the generator alone; whatever happens, all processes are stopped and all keys removed. */
export async function onFilledFleet<Result>(
  side: FleetSideName,
  context: FleetContext,
  work: (fleet: FillableFleet) => Promise<Result>,
): Promise<Result> {
  const { servers, sameJobs } = context;
  const generator = startGenerator(side === 'ours' ? 'lanes' : sameJobs ? 'same' : 'plain', servers);
  const workers: FleetWorker[] = [];
  try {
    return await work({
      generator,
      async start(shape) {
        const worker = await startFleetWorker(side, servers, shape);
        workers.push(worker);
        return worker;
      },
    });
  } finally {
    await Promise.all([...workers, generator].map((child) => child.stop()));
    await servers.clear();
  }
}

/** CPU time of each process while something was measured, in microseconds. */
export interface CpuSplit {
  readonly workerUs: number;
  readonly redisUs: number;
  readonly generatorUs: number;
  readonly tookMs: number;
}

/** Does the work that is measured: tells what CPU time it took of which process, and leaves a profile where one is asked for. */
export async function withCpu<Result>(
  context: FleetContext,
  { side, worker, generator }: Pick<RunningFleet, 'side' | 'worker' | 'generator'>,
  label: string,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpu: CpuSplit }> {
  const read = async () => {
    const [state, redis, generatorUs] = await Promise.all([
      worker.state(),
      readRedisLoad(context.servers.redis.client),
      generator.cpuUs(),
    ]);
    return { workerUs: state.cpuUs, redisUs: redis.cpuUs, generatorUs, atMs: nowMs() };
  };
  const measured = async () => {
    const before = await read();
    const result = await work();
    const after = await read();
    const cpu = {
      workerUs: after.workerUs - before.workerUs,
      redisUs: after.redisUs - before.redisUs,
      generatorUs: after.generatorUs - before.generatorUs,
      tookMs: after.atMs - before.atMs,
    };
    return { result, cpu };
  };
  if (context.profileDir === null) return measured();
  const file = join(context.profileDir, `${label}-${side}-${worker.pid}.cpuprofile`);
  const outcome = await worker.profiled(file, measured);
  await tellProfile(context, `the worker process, ${SIDE_NAMES[side]}`, file);
  return outcome;
}

/** Says what a profile shows. */
export async function tellProfile(context: FleetContext, whose: string, file: string): Promise<void> {
  const summary = summariseProfile(await readProfile(file), PROFILED_FUNCTIONS);
  context.progress(`  profile of ${whose}, ${file}\n    ${summary.join('\n    ')}`);
}

/** The split in words. */
export function describeCpu({ workerUs, redisUs, generatorUs, tookMs }: CpuSplit): string {
  const seconds = (us: number): string => (us / 1e6).toFixed(2);
  return `CPU in ${(tookMs / 1e3).toFixed(2)} s: worker ${seconds(workerUs)} s, Redis ${seconds(redisUs)} s, generator ${seconds(generatorUs)} s`;
}
