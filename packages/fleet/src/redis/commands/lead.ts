import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('lead');
const reply = z.int().nonnegative();

/**
 * Acquires or renews the leadership among the scalers.
 * @param leaseMs lease duration, by the server's clock; 0 releases the leadership
 * @returns the fence of this leadership, which only grows; 0 when another scaler leads
 */
export async function lead(client: RedisClient, keys: FleetKeys, holder: string, leaseMs: number): Promise<number> {
  return reply.parse(await script.run(client, [keys.leader, keys.leaderFence], [holder, leaseMs]));
}
