export { apiKeys } from './apiKeys.js';
export { attempts } from './attempts.js';
export { deadLetters } from './deadLetters.js';
export { idempotencyKeys } from './idempotencyKeys.js';
export { jobs } from './jobs.js';
export { scalingDecisions } from './scalingDecisions.js';
export { tenants } from './tenants.js';
