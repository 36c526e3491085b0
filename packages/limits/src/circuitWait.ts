import type { CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { CircuitSight } from './circuit.js';

/** The reported state of a circuit with its settings. */
export interface CircuitState {
  readonly settings: CircuitSettings;
  readonly sight: CircuitSight;
}

/** What a circuit adds to a wait estimate. */
export interface CircuitWait {
  /** Time until the job may make its call, in ms, if all probes are answered. */
  readonly ms: number;
  /** Additional wait if one probe fails, in ms. */
  readonly lateMs: number;
  /** Jobs ahead that are probes: they run during the wait. */
  readonly probesAhead: number;
}

/** Wait of a circuit that blocks no calls. */
export const NO_CIRCUIT_WAIT: CircuitWait = { ms: 0, lateMs: 0, probesAhead: 0 };

/**
 * Estimates how long the circuit delays the job at this place. Pure. The first jobs are probes, one at a time; later
 * jobs wait until the last probe is answered. Whether the upstream has recovered is unknown: until a probe is answered,
 * one may fail and cost another rest.
 * @param position 1 for the next call
 * @param serviceMs how long a call takes, in ms
 */
export function circuitWait(position: number, { settings, sight }: CircuitState, serviceMs: number): CircuitWait {
  if (sight.kind === 'closed') return NO_CIRCUIT_WAIT;
  const probes = Math.max(1, settings.successes - sight.answered);
  const probesAhead = Math.min(Math.max(0, position - 1), probes);
  const isProbe = probesAhead < probes;
  const ms = sight.probeInMs + (isProbe ? probesAhead : probes - 1) * settings.probeEveryMs + (isProbe ? 0 : serviceMs);
  return { ms, lateMs: sight.answered === 0 ? settings.restMs : 0, probesAhead };
}

/** Time until the circuit allows a call, in ms; 0 when it allows one now. Pure. */
export function restsForMs(circuit: CircuitState | null): number {
  return circuit === null || circuit.sight.kind === 'closed' ? 0 : circuit.sight.probeInMs;
}
