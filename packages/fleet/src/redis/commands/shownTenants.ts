import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Tells the fleet which tenants its metrics name. */
export async function writeShownTenants(client: RedisClient, keys: FleetKeys, names: readonly string[]): Promise<void> {
  await client.set(keys.shownTenants, names.join(' '));
}

/** The tenants that the fleet's metrics name; none before a scaler has chosen. */
export async function readShownTenants(client: RedisClient, keys: FleetKeys): Promise<readonly string[]> {
  const names = (await client.get(keys.shownTenants)) ?? '';
  return names.split(' ').filter((name) => name !== '');
}
