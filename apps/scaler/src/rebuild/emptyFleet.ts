import type { RedisClient } from '@sluice/fleet/redis/client';
import { mastersOf } from '@sluice/fleet/redis/client';
import { refreshSlots } from '@sluice/fleet/redis/slotOwner';

/** COUNT of each SCAN. */
const KEYS_PER_SCAN = 1_000;

/**
 * Deletes all keys of a fleet, and no others, on every server that holds any.
 * @param onDeleted receives the number deleted so far
 * @returns how many were deleted
 */
export async function emptyFleet(
  client: RedisClient,
  prefix: string,
  onDeleted: (keys: number) => void,
): Promise<number> {
  // The cached topology may still contain a recently replaced master.
  await refreshSlots(client);
  let deleted = 0;
  for (const master of mastersOf(client)) {
    for await (const found of master.scanStream({ match: `{${prefix}:*`, count: KEYS_PER_SCAN })) {
      // One call per key: on a Cluster, all keys of a call must be in one slot.
      const gone = await Promise.all((found as string[]).map((key) => client.unlink(key)));
      deleted += gone.reduce((sum, count) => sum + count, 0);
      onDeleted(deleted);
    }
  }
  return deleted;
}
