import type { Database } from '@sluice/fleet/postgres/connect';
import { countUnfinishedByTenant } from '@sluice/fleet/postgres/queries/unfinishedRows';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { readLeader, readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';

/** The state of both stores before any change. */
export interface FleetSurvey {
  /** Unfinished jobs in the ledger, and the number of their tenants. */
  readonly unfinished: number;
  readonly tenants: number;
  /** Lanes in Redis. */
  readonly lanes: number;
  /** Worker processes with a heartbeat, and whether a scaler leads. */
  readonly workers: number;
  readonly leads: boolean;
}

/** Inspects both stores; changes nothing. */
export async function surveyFleet(db: Database, client: RedisClient, keys: FleetKeys): Promise<FleetSurvey> {
  const [jobs, lanes, workers, leader] = await Promise.all([
    countUnfinishedByTenant(db),
    Promise.all(BUCKETS.map((bucket) => client.zcard(keys.registry(bucket)))),
    readLiveWorkers(client, keys),
    readLeader(client, keys),
  ]);
  return {
    unfinished: sumOf(jobs.values()),
    tenants: jobs.size,
    lanes: sumOf(lanes),
    workers: workers.length,
    leads: leader !== null,
  };
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}
