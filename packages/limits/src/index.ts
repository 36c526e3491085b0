/**
 * Quotas and circuits for calls of an upstream, kept in Redis by the server's clock: how much a tenant may ask of it, and when its
 * calls stop because it is down. Decisions are pure functions; what changes state is one Lua script each.
 */
export type { CircuitOverrides, CircuitSettings } from '@sluice/shared/contracts/circuit';
export { DEFAULT_CIRCUIT } from '@sluice/shared/contracts/circuit';
export type { Upstream, UpstreamParts, UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
export type { CallOutcome } from './callOutcome.js';
export { callOutcomeOf, isNews } from './callOutcome.js';
export type { Circuit } from './circuit.js';
export type { CircuitState, CircuitWait } from './circuitWait.js';
export { circuitWait, NO_CIRCUIT_WAIT, restsForMs } from './circuitWait.js';
export type { QuotaKeys } from './quotaKeys.js';
export type { CircuitChange, Quotas, QuotasDeps, TenantQuotas, UpstreamState } from './quotas.js';
export { createQuotas } from './quotas.js';
export type { QuotaState } from './quotaWait.js';
export { callsLeft, quotaPartMs, quotaWaitMs, refillsInMs } from './quotaWait.js';
export { readCircuit } from './readCircuit.js';
export type { EndedCall, GrantedCall, QuotaAnswer, QuotaCall } from './upstreamQuota.js';
