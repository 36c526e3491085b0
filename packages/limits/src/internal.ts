// What the fleet's own packages, tests and benches use of this package; not covered by its promises of compatibility.
export { askCircuit, noteCall } from './circuit.js';
export { blockQuota, endQuotaCall, endReportedCall, readQuotaUse, takeQuota } from './upstreamQuota.js';
