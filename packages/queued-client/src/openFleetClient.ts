import type { FleetClient, FleetClientSettings } from './fleetClient.js';
import { openFleetConnection } from './fleetConnection.js';

/**
 * Connects a service of your own to the fleet, alongside its producers.
 * @throws ConfigurationError when Redis or PostgreSQL is unreachable or unusable
 */
export function openFleetClient(settings: FleetClientSettings): Promise<FleetClient> {
  return openFleetConnection(settings);
}
