import type { FleetClient, FleetClientSettings } from './fleetClient.js';
import { openFleetConnection } from './fleetConnection.js';

/**
 * Connects a service of your own to the fleet, beside its producers.
 * @throws ConfigurationError when Redis or PostgreSQL cannot be reached or used
 */
export function openFleetClient(settings: FleetClientSettings): Promise<FleetClient> {
  return openFleetConnection(settings);
}
