/**
 * Quotas and circuits for calls to an upstream, kept in Redis and timed by the server's clock: how many calls a tenant
 * may make, and when its calls stop because the upstream is down. Decisions are pure functions; each state change is
 * one Lua script.
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
