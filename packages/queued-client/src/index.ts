/**
 * Calls an upstream from a service of your own: directly while the tenant's quota allows, else through the fleet's
 * queue.
 */
export { FleetError } from '@sluice/shared/errors/fleetError';
export { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
export { PacedError } from '@sluice/shared/errors/pacedError';
export type { FleetClient, FleetClientSettings, FleetTenant } from './fleetClient.js';
export { openFleetClient } from './openFleetClient.js';
export type { QueuedClient, QueuedClientOptions, QueueStatus, RequestOptions, RequestStatus } from './queuedClient.js';
export { createQueuedClient } from './queuedClient.js';
export type { QueuedNotice } from './queuedNotice.js';
