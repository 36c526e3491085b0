import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import type { RedisClient } from '../redis/client.js';
import { readLiveWorkers } from '../redis/commands/processes.js';
import type { FleetKeys } from '../redis/keys.js';

/** Maximum age of the cached result, in ms. */
const REMEMBERED_MS = 1_000;

/**
 * Whether any worker process is alive; as soon as one is, it holds the slots of every tenant that has jobs. Every
 * estimate needs it, so it is cached for a second. Rejects when Redis fails.
 */
export function createLiveWorkers(client: RedisClient, keys: FleetKeys, now: () => number): () => Promise<boolean> {
  const find = createShortCache(async () => (await readLiveWorkers(client, keys)).length > 0, REMEMBERED_MS, now);
  return () => find('');
}
