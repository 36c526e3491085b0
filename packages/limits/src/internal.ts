// For Sluice's own packages, tests and benches; not covered by the package's compatibility guarantees.
export { askCircuit, noteCall } from './circuit.js';
export { blockQuota, endQuotaCall, endReportedCall, readQuotaUse, takeQuota } from './upstreamQuota.js';
