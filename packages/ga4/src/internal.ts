// What the fleet's own tests use of this package; not covered by its promises of compatibility.
export { readGa4Date } from './contract/ga4Date.js';
export type { Ga4FilterExpression } from './contract/ga4Filter.js';
export { ga4FilterExpressionSchema } from './contract/ga4Filter.js';
