import type { CircuitOverrides, CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';

/** A tenant's circuit of an upstream; moments are unix ms of one clock, which is Redis's. */
export type Circuit =
  /** Calls pass. When the latest failures were, oldest first, no more than open it. */
  | { readonly kind: 'closed'; readonly failuresMs: readonly number[] }
  /** No call passes before the first probe is due. */
  | { readonly kind: 'open'; readonly openedMs: number; readonly probeAtMs: number }
  /** Probes pass; so many were answered. */
  | { readonly kind: 'half-open'; readonly openedMs: number; readonly probeAtMs: number; readonly answered: number };

/** How a call ended, as far as it tells whether the upstream works. */
export type ReportedOutcome = 'answered' | 'failed';

/** A call that is over, as far as it tells that. */
export interface ReportedCall {
  /** When it was let through. */
  readonly startedMs: number;
  /** Whether it was let through as a probe. */
  readonly isProbe: boolean;
  readonly outcome: ReportedOutcome;
}

/** Of a circuit of which nothing is known. */
export const CLOSED_CIRCUIT: Circuit = { kind: 'closed', failuresMs: [] };

/** Whether a call may be made: as any other, as a probe, or not before some time. */
export type CircuitAnswer =
  | { readonly kind: 'passes' }
  | { readonly kind: 'probes' }
  | { readonly kind: 'waits'; readonly retryInMs: number };

/** An answer, and the circuit after it. */
export interface AskedCircuit {
  readonly answer: CircuitAnswer;
  readonly circuit: Circuit;
}

/**
 * Asks whether a call may be made. Pure; `takeQuota.lua` does the same. A moment that lies further ahead than it was ever set
 * comes of a clock that was set back: it counts as set now.
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
 * The circuit after a call has ended. Pure; `endQuotaCall.lua` does the same. Calls that began before the circuit opened say
 * nothing of what the upstream is like since, nor do probes that fail once others have closed it: they met the upstream while it was
 * down. Failures that lie ahead come of a clock that was set back, and are forgotten.
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

/** A circuit as it is told. */
export type CircuitSight =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open' | 'half-open';
      /** Until the next call may be made, in ms; 0 when one may. */
      readonly probeInMs: number;
      /** Probes that were answered since it opened. */
      readonly answered: number;
    };

/** How a circuit is told: one whose rest is over is half open, whether or not a call was made since. Pure. */
export function stateOfCircuit(circuit: Circuit, nowMs: number, settings: CircuitSettings): CircuitSight {
  if (circuit.kind === 'closed') return { kind: 'closed' };
  const probeInMs = Math.max(0, dueMs(circuit, nowMs, settings) - nowMs);
  if (circuit.kind === 'half-open') return { kind: 'half-open', probeInMs, answered: circuit.answered };
  return { kind: probeInMs > 0 ? 'open' : 'half-open', probeInMs, answered: 0 };
}

/** When the next call is due. */
function dueMs(
  { kind, probeAtMs }: Exclude<Circuit, { kind: 'closed' }>,
  nowMs: number,
  { restMs, probeEveryMs }: CircuitSettings,
): number {
  return Math.min(probeAtMs, nowMs + (kind === 'open' ? restMs : probeEveryMs));
}

/** The circuit that an upstream has in a fleet; null when it has none. Pure. */
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
