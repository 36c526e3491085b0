import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Redis } from 'ioredis';
import { Cluster, Command } from 'ioredis';
import type { RedisClient } from './client.js';

/**
 * The client's own connection to the server that holds a key: on a Cluster, to the master that owns the key's slot as
 * far as the client knows. Do not block it; duplicate it for that.
 * @throws FleetError `unavailable` when no master is known for the slot
 */
export function ownerOf(client: RedisClient, key: string): Redis {
  if (!(client instanceof Cluster)) return client;
  const address = client.slots[new Command('get', [key]).getSlot() ?? -1]?.[0];
  const owner = client.nodes().find(({ options }) => `${options.host}:${options.port}` === address);
  if (owner === undefined)
    throw new FleetError('unavailable', 'No master of the Redis Cluster is known to own the key.');
  return owner;
}

/** Refreshes a Cluster's slot map. Concurrent calls share one request. */
export function refreshSlots(client: RedisClient): Promise<void> {
  if (!(client instanceof Cluster)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    client.refreshSlotsCache((error) => (error ? reject(error) : resolve()));
  });
}
