// Used by the fleet's own tests and benches; not covered by this package's compatibility guarantees.
export type { FleetConnection } from './fleetConnection.js';
export { openFleetConnection } from './fleetConnection.js';
