import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import type { ActiveJob, AttemptEnd } from '@sluice/shared/queue/laneWorker';
import { createLaneWorker } from '@sluice/shared/queue/laneWorker';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import { createSubscriber } from '@sluice/shared/redis/subscribe';

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

const HEARTBEAT_LASTS_MS = 5_000;
const STALLED_CHECK_MS = 15_000;

/** The worker's engine, from the queue to `run` and back, without PostgreSQL: as the worker process wires it. */
export async function openLaneIntake(parts: IntakeParts): Promise<Service> {
  const { createLaneSet } = await load<typeof import('../../../apps/worker/src/claim/laneSet.js')>('claim/laneSet.js');
  const { createPlacementLoop } =
    await load<typeof import('../../../apps/worker/src/claim/placementLoop.js')>('claim/placementLoop.js');
  const { redis, keys, workerId, log } = parts;
  const lanes = createLaneSet(
    workerId,
    parts.slotConcurrency,
    (lane, concurrency) =>
      createLaneWorker(lane, concurrency, {
        client: redis.client,
        keys,
        lockMs: parts.lockMs,
        stalledCheckMs: STALLED_CHECK_MS,
        workerId,
        now: Date.now,
        run: parts.run,
        log,
      }),
    log,
  );
  const placement = createPlacementLoop({
    redis,
    keys,
    lanes,
    workerId,
    heartbeatLastsMs: HEARTBEAT_LASTS_MS,
    onBeat: () => undefined,
    log,
  });
  const subscriber = createSubscriber(redis.client, { [keys.changedChannel]: () => placement.hurry() });
  return createServiceGroup('intake', [subscriber, placement], log);
}

/** Built files of an app are loaded by address, as images do: apps are no packages that others import. */
async function load<Module>(file: string): Promise<Module> {
  return (await import(new URL(file, WORKER).href)) as Module;
}
