// What the fleet's own tests and benches use of this package; not covered by its promises of compatibility.
export type { FleetConnection } from './fleetConnection.js';
export { openFleetConnection } from './fleetConnection.js';
