import type { CircuitOverrides, CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';

/** A tenant's circuit for an upstream; all times are unix ms of Redis's clock. */
export type Circuit =
  /** Calls pass. `failuresMs`: times of the latest failures, oldest first, at most as many as open the circuit. */
  | { readonly kind: 'closed'; readonly failuresMs: readonly number[] }
  /** No call passes until the first probe is due. */
  | { readonly kind: 'open'; readonly openedMs: number; readonly probeAtMs: number }
  /** Only probes pass. `answered`: number of probes answered so far. */
  | { readonly kind: 'half-open'; readonly openedMs: number; readonly probeAtMs: number; readonly answered: number };

/** Outcome of a call that shows whether the upstream works. */
export type ReportedOutcome = 'answered' | 'failed';

/** An ended call that shows whether the upstream works. */
export interface ReportedCall {
  /** When it was granted, unix ms. */
  readonly startedMs: number;
  /** Whether it was granted as a probe. */
  readonly isProbe: boolean;
  readonly outcome: ReportedOutcome;
}

/** Initial state of a circuit. */
export const CLOSED_CIRCUIT: Circuit = { kind: 'closed', failuresMs: [] };

/** Decision on a call: it passes, passes as a probe, or waits. */
export type CircuitAnswer =
  | { readonly kind: 'passes' }
  | { readonly kind: 'probes' }
  | { readonly kind: 'waits'; readonly retryInMs: number };

/** A decision and the resulting circuit. */
export interface AskedCircuit {
  readonly answer: CircuitAnswer;
  readonly circuit: Circuit;
}

/**
 * Decides whether a call may be made. Pure; `takeQuota.lua` does the same. A due time further ahead than it can be set
 * is due to a clock that was set back: it is treated as set now.
 */
export function askCircuit(circuit: Circuit, nowMs: number, settings: CircuitSettings): AskedCircuit {
  if (circuit.kind === 'closed') return { answer: { kind: 'passes' }, circuit };
  const probeAtMs = dueMs(circuit, nowMs, settings);
  if (probeAtMs > nowMs) {
    return { answer: { kind: 'waits', retryInMs: probeAtMs - nowMs }, circuit: { ...circuit, probeAtMs } };
  }
  return {
    answer: { kind: 'probes' },
    circuit: {
      kind: 'half-open',
      openedMs: Math.min(circuit.openedMs, nowMs),
      probeAtMs: nowMs + settings.probeEveryMs,
      answered: circuit.kind === 'half-open' ? circuit.answered : 0,
    },
  };
}

/**
 * Returns the circuit after a call has ended. Pure; `endQuotaCall.lua` does the same. Calls that started before the
 * circuit opened reveal nothing about the upstream's current state, nor do probes that fail after others closed the
 * circuit: they reached the upstream while it was down. Failures in the future come from a clock that was set back and
 * are dropped.
 */
export function noteCall(
  circuit: Circuit,
  { startedMs, isProbe, outcome }: ReportedCall,
  nowMs: number,
  settings: CircuitSettings,
): Circuit {
  const opened: Circuit = { kind: 'open', openedMs: nowMs, probeAtMs: nowMs + settings.restMs };
  switch (circuit.kind) {
    case 'open':
      return circuit;
    case 'half-open': {
      if (startedMs < circuit.openedMs) return circuit;
      if (outcome === 'failed') return opened;
      const answered = circuit.answered + 1;
      return answered >= settings.successes ? CLOSED_CIRCUIT : { ...circuit, answered };
    }
    case 'closed': {
      if (outcome === 'answered' || isProbe) return circuit;
      const recent = circuit.failuresMs.filter((atMs) => atMs <= nowMs && nowMs - atMs < settings.withinMs);
      const failuresMs = [...recent, nowMs];
      return failuresMs.length >= settings.failures ? opened : { kind: 'closed', failuresMs };
    }
  }
}

/** Reported state of a circuit. */
export type CircuitSight =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open' | 'half-open';
      /** Time until the next call may be made, in ms; 0 when one may be made now. */
      readonly probeInMs: number;
      /** Probes answered since it opened. */
      readonly answered: number;
    };

/**
 * Returns the reported state of a circuit: once its rest is over it is half-open, even before the first probe. Pure.
 */
export function stateOfCircuit(circuit: Circuit, nowMs: number, settings: CircuitSettings): CircuitSight {
  if (circuit.kind === 'closed') return { kind: 'closed' };
  const probeInMs = Math.max(0, dueMs(circuit, nowMs, settings) - nowMs);
  if (circuit.kind === 'half-open') return { kind: 'half-open', probeInMs, answered: circuit.answered };
  return { kind: probeInMs > 0 ? 'open' : 'half-open', probeInMs, answered: 0 };
}

/** When the next probe is due, unix ms. */
function dueMs(
  { kind, probeAtMs }: Exclude<Circuit, { kind: 'closed' }>,
  nowMs: number,
  { restMs, probeEveryMs }: CircuitSettings,
): number {
  return Math.min(probeAtMs, nowMs + (kind === 'open' ? restMs : probeEveryMs));
}

/** An upstream's circuit settings with the fleet's overrides; null when it has no circuit. Pure. */
export function circuitOf({ circuit }: Upstream, overrides: CircuitOverrides): CircuitSettings | null {
  if (circuit === undefined || overrides.failures === 0) return null;
  return {
    failures: overrides.failures ?? circuit.failures,
    withinMs: overrides.withinMs ?? circuit.withinMs,
    restMs: overrides.restMs ?? circuit.restMs,
    probeEveryMs: overrides.probeEveryMs ?? circuit.probeEveryMs,
    successes: overrides.successes ?? circuit.successes,
  };
}
