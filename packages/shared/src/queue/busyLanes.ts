import type { RedisClient } from '../redis/client.js';
import type { FleetKeys } from '../redis/keys.js';
import { unfinishedKeys } from './unfinishedKeys.js';

/** Lanes asked about in one go: a burst that Redis answers within milliseconds. */
const LANES_AT_A_TIME = 1_000;

/** Which of these lanes hold unfinished jobs. Read-only, one command per lane, without opening its queue. */
export async function findBusyLanes(
  client: RedisClient,
  keys: FleetKeys,
  lanes: readonly string[],
): Promise<Set<string>> {
  const busy = new Set<string>();
  for (let from = 0; from < lanes.length; from += LANES_AT_A_TIME) {
    const some = lanes.slice(from, from + LANES_AT_A_TIME);
    const held = await Promise.all(some.map((lane) => client.exists(...unfinishedKeys(keys, lane))));
    for (const [index, lane] of some.entries()) if ((held[index] ?? 0) > 0) busy.add(lane);
  }
  return busy;
}
