import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import type { RedisClient } from '../redis/client.js';
import { readLiveWorkers } from '../redis/commands/processes.js';
import type { FleetKeys } from '../redis/keys.js';

/** How old the answer may be, in ms. */
const REMEMBERED_MS = 1_000;

/**
 * Whether any worker process lives; as soon as one does, it holds the slots of every tenant that has jobs. Asked for by every
 * estimate, so it is remembered for a second. Rejects as Redis does.
 */
export function createLiveWorkers(client: RedisClient, keys: FleetKeys, now: () => number): () => Promise<boolean> {
  const find = createShortCache(async () => (await readLiveWorkers(client, keys)).length > 0, REMEMBERED_MS, now);
  return () => find('');
}
