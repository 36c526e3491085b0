import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FleetClient, FleetClientSettings } from './fleetClient.js';
import type { FleetConnection } from './fleetConnection.js';
import { openFleetConnection } from './fleetConnection.js';

/**
 * Connects a service of your own to the fleet, beside its producers.
 * @throws ConfigurationError when Redis or PostgreSQL cannot be reached or used
 */
export function openFleetClient(settings: FleetClientSettings): Promise<FleetClient> {
  return openFleetConnection(settings);
}

/**
 * The connection behind a client. Its type is hidden from users, so that they need no types of the stores.
 * @throws FleetError `configuration` for a client that {@link openFleetClient} did not open
 */
export function connectionOf(fleet: FleetClient): FleetConnection {
  if (isConnection(fleet)) return fleet;
  throw new FleetError('configuration', 'The fleet client must be what openFleetClient resolves with.');
}

function isConnection(fleet: FleetClient): fleet is FleetConnection {
  return 'acceptor' in fleet;
}
