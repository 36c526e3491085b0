import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Publishes which tenants are labelled in the fleet's metrics. */
export async function writeShownTenants(client: RedisClient, keys: FleetKeys, names: readonly string[]): Promise<void> {
  await client.set(keys.shownTenants, names.join(' '));
}

/** Reads the tenants labelled in the fleet's metrics; empty before a scaler has chosen. */
export async function readShownTenants(client: RedisClient, keys: FleetKeys): Promise<readonly string[]> {
  const names = (await client.get(keys.shownTenants)) ?? '';
  return names.split(' ').filter((name) => name !== '');
}
