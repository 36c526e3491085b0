import type { Database } from '@sluice/fleet/postgres/connect';
import { readRanks } from '@sluice/fleet/postgres/queries/readRanks';
import { findBusyLanes } from '@sluice/fleet/queue/observe/busyLanes';
import type { LanePriorities, PlacedJob, PlaceKind } from '@sluice/fleet/queue/observe/lanePriorities';
import { PLACES } from '@sluice/fleet/queue/observe/lanePriorities';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { queuePriority } from '@sluice/shared/domain/priority';
import { isId } from '@sluice/shared/ids/ids';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Leadership } from '../lead/leaderElection.js';
import type { ScoringPass } from './eras.js';

/** Jobs read and changed per page. */
const JOBS_PER_PAGE = 1_000;

/** Dependencies of rescoring. */
export interface RescoreDeps {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly db: Database;
  readonly priorities: LanePriorities;
  readonly log: Log;
}

/**
 * Gives every job in a lane its score by a pass's epoch. Works in queue order: jobs with their new, lower score precede
 * those without, so that the order holds at every moment. Idempotent: if a leader dies midway, the next one repeats the
 * pass. Jobs unknown to the ledger, those of plain BullMQ clients, keep their priority.
 * @returns how many were changed, or null when leadership was lost before the end
 */
export async function rescoreLanes(
  leadership: Leadership,
  { epochS }: ScoringPass,
  deps: RescoreDeps,
): Promise<number | null> {
  let changed = 0;
  for (const bucket of BUCKETS) {
    const lanes = await deps.client.zrange(deps.keys.registry(bucket), '0', '-1');
    for (const lane of await findBusyLanes(deps.client, deps.keys, lanes)) {
      for (const place of PLACES) {
        const some = await rescorePlace(leadership, { lane, place, epochS }, deps);
        if (some === null) return null;
        changed += some;
      }
    }
  }
  return changed;
}

/** What is rescored: the jobs of a lane in one kind of place. */
interface ScoredPlace {
  readonly lane: string;
  readonly place: PlaceKind;
  readonly epochS: number;
}

async function rescorePlace(
  leadership: Leadership,
  { lane, place, epochS }: ScoredPlace,
  { db, priorities }: RescoreDeps,
): Promise<number | null> {
  let changed = 0;
  for (let from = 0; ; from += JOBS_PER_PAGE) {
    if (!leadership.holds()) return null;
    const page = await priorities.page(lane, place, from, JOBS_PER_PAGE);
    if (page.length === 0) return changed;
    const ours = page.filter(({ id }) => isId(id));
    const ranks = await readRanks(
      db,
      ours.map(({ id }) => id),
    );
    const changes = ours.flatMap((job): PlacedJob[] => {
      const ranked = ranks.get(job.id);
      const number = ranked === undefined ? job.queuePriority : queuePriority(ranked, epochS);
      return number === job.queuePriority ? [] : [{ id: job.id, queuePriority: number }];
    });
    await priorities.change(lane, changes);
    changed += changes.length;
  }
}
