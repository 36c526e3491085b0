import type { RedisClient } from '@sluice/fleet/redis/client';
import { mastersOf } from '@sluice/fleet/redis/client';
import { refreshSlots } from '@sluice/fleet/redis/slotOwner';

/** Keys that one SCAN looks at. */
const KEYS_PER_SCAN = 1_000;

/**
 * Deletes every key of a fleet and no other, on every server that holds some.
 * @param onDeleted told how many are gone so far
 * @returns how many were deleted
 */
export async function emptyFleet(
  client: RedisClient,
  prefix: string,
  onDeleted: (keys: number) => void,
): Promise<number> {
  // A master that was replaced a moment ago may still be known.
  await refreshSlots(client);
  let deleted = 0;
  for (const master of mastersOf(client)) {
    for await (const found of master.scanStream({ match: `{${prefix}:*`, count: KEYS_PER_SCAN })) {
      // One call each: on a Cluster, the keys of a call must be of one slot.
      const gone = await Promise.all((found as string[]).map((key) => client.unlink(key)));
      deleted += gone.reduce((sum, count) => sum + count, 0);
      onDeleted(deleted);
    }
  }
  return deleted;
}
