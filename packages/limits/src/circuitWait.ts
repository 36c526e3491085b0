import type { CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { CircuitSight } from './circuit.js';

/** A circuit with its settings. */
export interface CircuitState {
  readonly settings: CircuitSettings;
  readonly sight: CircuitSight;
}

/** What a circuit adds to a wait. */
export interface CircuitWait {
  /** Until the job may be called, in ms, if all probes are answered. */
  readonly ms: number;
  /** Longer by so much if one more is not, in ms. */
  readonly lateMs: number;
  /** Jobs ahead that are probes: they run beside the wait. */
  readonly probesAhead: number;
}

/** Of a circuit that holds nobody. */
export const NO_CIRCUIT_WAIT: CircuitWait = { ms: 0, lateMs: 0, probesAhead: 0 };

/**
 * How long the circuit holds the job at this place. Pure. The first are probes, one at a time; who comes after them waits until the
 * last has been answered. Whether an upstream is back nobody knows: while no probe was answered, one may fail and cost another rest.
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

/** How long no call can be made, in ms; 0 when one can. Pure. */
export function restsForMs(circuit: CircuitState | null): number {
  return circuit === null || circuit.sight.kind === 'closed' ? 0 : circuit.sight.probeInMs;
}
