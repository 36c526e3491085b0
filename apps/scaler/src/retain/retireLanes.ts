import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { findUnusedLanes, retireLanes } from '@sluice/fleet/queue/observe/retireLanes';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Leadership } from '../lead/leaderElection.js';

/** Lanes per script call, so that Redis is not blocked for long. */
const LANES_PER_CALL = 250;

/** Dependencies of retiring lanes. */
export interface RetireDeps {
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly metrics: Pick<Metrics, 'lanesRetired'>;
  readonly log: Log;
}

/**
 * Retires every lane that has had no recent additions and holds no unfinished job, while this process leads. A
 * dead-letter lane stays as long as it holds a note.
 *
 * A process that dies between retiring a lane and sweeping its finished jobs leaves them behind: at most a hundred old
 * jobs, which are removed when the lane is used and retired again.
 * @returns how many were retired
 */
export async function retireUnusedLanes(
  leadership: Leadership,
  unusedForMs: number,
  deps: RetireDeps,
): Promise<number> {
  let retired = 0;
  for (const bucket of BUCKETS) {
    if (!leadership.holds()) break;
    retired += await retireInBucket(leadership, { bucket, unusedForMs }, deps);
  }
  if (retired > 0)
    deps.log.info({ component: 'retention', event: 'lanes_retired', lanes: retired }, 'retired unused lanes');
  return retired;
}

/** Page by page: lanes that cannot be retired stay at the front and are skipped. */
async function retireInBucket(
  leadership: Leadership,
  where: { readonly bucket: number; readonly unusedForMs: number },
  deps: RetireDeps,
): Promise<number> {
  const { redis, keys, metrics } = deps;
  let kept = 0;
  let retired = 0;
  while (leadership.holds()) {
    const unused = await findUnusedLanes(redis.client, keys, where, { from: kept, lanes: LANES_PER_CALL });
    if (unused.length === 0 || !leadership.holds()) break;
    const gone = await retireLanes(redis.client, keys, unused, { ...where, fence: leadership.fence });
    kept += unused.length - gone.length;
    retired += gone.length;
    metrics.lanesRetired.inc(gone.length);
    if (gone.length > 0) await sweepOut(gone, deps);
    if (unused.length < LANES_PER_CALL) break;
  }
  return retired;
}

/** Opens separate queues for the lanes and closes them again: those that this process adds to are not touched. */
async function sweepOut(names: readonly string[], { redis, keys, log }: RetireDeps): Promise<void> {
  const queues = createLaneQueues(redis.client, keys);
  await Promise.all(
    names.map(async (name) => {
      try {
        await queues.sweepOut({ tenantId: tenantOfLane(name), queueClass: classOfLane(name) });
      } catch (err) {
        log.warn(
          { component: 'retention', event: 'lane_not_cleaned', err, lane: name },
          'failed to clean a retired lane: remains of its finished jobs stay in Redis',
        );
      }
    }),
  );
  await queues.close();
}
