import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('lead');
const reply = z.int().nonnegative();

/**
 * Takes or keeps the lead among the scalers.
 * @param leaseMs how long the lead lasts without being kept, by the server's clock; 0 gives it back
 * @returns the fence of this leadership, which only grows; 0 when another leads
 */
export async function lead(client: RedisClient, keys: FleetKeys, holder: string, leaseMs: number): Promise<number> {
  return reply.parse(await script.run(client, [keys.leader, keys.leaderFence], [holder, leaseMs]));
}
