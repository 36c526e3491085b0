// Used by the fleet's own tests; not covered by this package's compatibility guarantees.
export { readGa4Date } from './contract/ga4Date.js';
export type { Ga4FilterExpression } from './contract/ga4Filter.js';
export { ga4FilterExpressionSchema } from './contract/ga4Filter.js';
