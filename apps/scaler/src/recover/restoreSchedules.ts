import type { Database } from '@sluice/fleet/postgres/connect';
import type { SchedulePlace } from '@sluice/fleet/postgres/queries/restoreSchedules';
import { knownSchedules, pageOfSchedules, readSchedules } from '@sluice/fleet/postgres/queries/restoreSchedules';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import { createLaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Leadership } from '../lead/leaderElection.js';

/** Schedules compared per batch. A younger one is left to the producer that accepted it. */
const PAGE = { olderThanMs: 5_000, limit: 1_000 };

/** Schedules created per batch, with their data. */
const MADE_PER_GO = 100;

/** Lanes scanned for deleted schedules per batch. */
const LANES_PER_GO = 1_000;

/** Dependencies of restoring schedules. */
export interface RestoreDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly queues: Pick<LaneQueues, 'queue'>;
  readonly log: Log;
}

/** The dependencies, with the leadership and the means to write. */
interface Means extends RestoreDeps {
  readonly leadership: Leadership;
  readonly schedulers: LaneSchedulers;
}

/**
 * Makes Redis hold exactly the job schedulers in the ledger: creates those that Redis lost or whose next job it lost,
 * and removes those deleted while Redis was unavailable. Intact ones are only read. Idempotent, also with two
 * concurrent leaders.
 * @returns how many were created or removed
 */
export async function restoreSchedules(leadership: Leadership, deps: RestoreDeps): Promise<number> {
  const { redis, keys, queues, log } = deps;
  const means = { ...deps, leadership, schedulers: createLaneSchedulers(redis.client, keys, queues) };
  const made = await makeMissing(means);
  const removed = await removeOrphans(means);
  if (made + removed > 0)
    log.info(
      { component: 'recovery', event: 'schedules_repaired', made, removed },
      'repaired schedules in Redis from the ledger',
    );
  return made + removed;
}

/** Creates missing schedulers, page by page through the ledger. */
async function makeMissing(means: Means): Promise<number> {
  let made = 0;
  let after: SchedulePlace | null = null;
  while (means.leadership.holds()) {
    const found: SchedulePlace[] = await pageOfSchedules(means.db, after, PAGE);
    const sights = await means.schedulers.inspectThoseOf(found);
    const well = new Set(sights.filter(({ goesOn }) => goesOn).map(({ id }) => id));
    const missing = found.filter(({ id }) => !well.has(id)).map(({ id }) => id);
    made += await makeAll(missing, means);
    after = found.at(-1) ?? null;
    if (after === null || found.length < PAGE.limit) break;
  }
  return made;
}

/** Reads each again just before creating it: it may have been deleted meanwhile. */
async function makeAll(ids: readonly string[], { db, leadership, schedulers, log }: Means): Promise<number> {
  let made = 0;
  for (let from = 0; from < ids.length && leadership.holds(); from += MADE_PER_GO) {
    const rows = await readSchedules(db, ids.slice(from, from + MADE_PER_GO));
    if (!leadership.holds()) break;
    await Promise.all(
      rows.map(async (row) => {
        try {
          await schedulers.make(row);
          made++;
        } catch (err) {
          log.warn(
            { component: 'recovery', event: 'schedule_not_restored', err, scheduleId: row.id },
            'failed to restore a schedule in Redis: retrying later',
          );
        }
      }),
    );
  }
  return made;
}

/**
 * Reads Redis before the ledger, where a schedule is written first: one found in Redis but not in the ledger was
 * deleted.
 */
async function removeOrphans({ db, redis, keys, leadership, schedulers }: Means): Promise<number> {
  const registries = await Promise.all(
    BUCKETS.map((bucket) => redis.client.zrangebyscore(keys.registry(bucket), '-inf', '+inf')),
  );
  const lanes = registries.flat();
  let removed = 0;
  for (let from = 0; from < lanes.length && leadership.holds(); from += LANES_PER_GO) {
    const sights = await schedulers.inspectLanes(lanes.slice(from, from + LANES_PER_GO));
    const ids = sights.map(({ id }) => id);
    const known = ids.length === 0 ? new Set() : await knownSchedules(db, ids);
    const orphans = sights.filter(({ id }) => !known.has(id));
    if (!leadership.holds()) break;
    await Promise.all(orphans.map((orphan) => schedulers.remove(orphan)));
    removed += orphans.length;
  }
  return removed;
}
