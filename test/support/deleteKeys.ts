import type { RedisClient } from '@sluice/fleet/redis/client';
import { mastersOf } from '@sluice/fleet/redis/client';
import { refreshSlots } from '@sluice/fleet/redis/slotOwner';

/** Deletes every key of a fleet, on every server. */
export async function deleteKeys(client: RedisClient, prefix: string): Promise<void> {
  // A master that died recently may still be in the slot map.
  await refreshSlots(client);
  for (const master of mastersOf(client)) {
    for await (const keys of master.scanStream({ match: `{${prefix}:*`, count: 1_000 })) {
      // One call each: on a Cluster, all keys of a call must be in one hash slot.
      await Promise.all((keys as string[]).map((key) => client.unlink(key)));
    }
  }
}
