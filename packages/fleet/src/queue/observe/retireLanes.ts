import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import { z } from 'zod';
import type { RedisClient } from '../../redis/client.js';
import { announceBuckets } from '../../redis/commands/announce.js';
import { defineLua } from '../../redis/defineLua.js';
import type { FleetKeys } from '../../redis/keys.js';
import { unfinishedKeys } from './unfinishedKeys.js';

const script = defineLua('retireLanes');
const reply = z.tuple([z.string(), z.array(z.string())]);

/** Which lanes may be retired, and by whom. */
export interface Retirement {
  readonly bucket: number;
  /** Fence of the caller's leadership: nothing is retired in a bucket where a later leader has written. */
  readonly fence: number;
  /** Retires only lanes without an add for this long, in ms of the server's clock. */
  readonly unusedForMs: number;
}

/**
 * Removes the given lanes that are unused and empty from the registry, checking and removing atomically. An earlier add
 * leaves a job, so the lane stays; a later add registers the lane again.
 * @param lanes of one bucket, at most a thousand: the number of keys per script is limited
 * @returns names of the lanes that were retired
 */
export async function retireLanes(
  client: RedisClient,
  keys: FleetKeys,
  lanes: readonly string[],
  { bucket, fence, unusedForMs }: Retirement,
): Promise<readonly string[]> {
  const answer = await script.run(
    client,
    [
      keys.registry(bucket),
      keys.serviceTimes(bucket),
      keys.arrivals(bucket),
      keys.desiredSlots(bucket),
      keys.desiredFence(bucket),
      keys.version(bucket),
      keys.slots(bucket),
      ...lanes.flatMap((lane) => unfinishedKeys(keys, lane)),
    ],
    [fence, unusedForMs, DEAD_LETTER_CLASS, ...lanes],
  );
  const [version, retired] = reply.parse(answer);
  if (version !== '') await announceBuckets(client, keys, new Map([[bucket, version]]));
  return retired;
}

/**
 * Lanes without an add for a while, longest unused first.
 * @param page how many to skip, and how many to return at most
 */
export async function findUnusedLanes(
  client: RedisClient,
  keys: FleetKeys,
  { bucket, unusedForMs }: Pick<Retirement, 'bucket' | 'unusedForMs'>,
  page: { readonly from: number; readonly lanes: number },
): Promise<string[]> {
  const [seconds, micros] = await client.time();
  const sinceMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) - unusedForMs;
  return client.zrangebyscore(keys.registry(bucket), '-inf', sinceMs, 'LIMIT', page.from, page.lanes);
}
