import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import { announceBuckets } from './announce.js';
import { groupByBucket } from './groupByBucket.js';

const script = defineLua('registerLanes');
const reply = z.string();

/** A lane that jobs were added to. */
export interface UsedLane {
  readonly tenantId: string;
  readonly name: string;
  /** Number of jobs added. */
  readonly jobs: number;
}

/**
 * Records that jobs were added to lanes, one call per bucket, and announces new lanes. Call it with the add, and again
 * after an add that took long: a lane that holds a job is not retired, and one retired before its jobs arrived is
 * registered again.
 */
export async function registerLanes(client: RedisClient, keys: FleetKeys, lanes: readonly UsedLane[]): Promise<void> {
  const versions = await Promise.all(
    [...groupByBucket(lanes, ({ tenantId }) => tenantId)].map(async ([bucket, used]): Promise<[number, string]> => {
      const answer = await script.run(
        client,
        [keys.registry(bucket), keys.arrivals(bucket), keys.version(bucket)],
        used.flatMap(({ name, jobs }) => [name, jobs]),
      );
      return [bucket, reply.parse(answer)];
    }),
  );
  await announceBuckets(client, keys, new Map(versions.filter(([, version]) => version !== '')));
}
