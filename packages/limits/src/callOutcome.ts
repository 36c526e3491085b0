import { FleetError } from '@sluice/shared/errors/fleetError';
import type { ReportedOutcome } from './circuit.js';

/** What a call reveals about its upstream; null when nothing. */
export type CallOutcome = ReportedOutcome | null;

/** Whether to report an outcome to the circuit: an answer does not affect a closed one. Pure. */
export function isNews(outcome: CallOutcome, isProbe: boolean): outcome is ReportedOutcome {
  return outcome === 'failed' || (outcome === 'answered' && isProbe);
}

/**
 * Classifies the error of a call. Pure. The upstream's own faults (5xx, no response, a timeout) count as failed. A
 * permanent refusal counts as answered: the fault is the job's. A request to wait reveals nothing: it has its own
 * pause. Any other error may be unrelated to the upstream.
 */
export function callOutcomeOf(error: unknown): CallOutcome {
  switch (error instanceof FleetError ? error.code : null) {
    case 'upstream_failed':
    case 'attempt_timed_out':
      return 'failed';
    case 'upstream_refused':
      return 'answered';
    default:
      return null;
  }
}
