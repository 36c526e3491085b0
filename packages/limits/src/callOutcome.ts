import { FleetError } from '@sluice/shared/errors/fleetError';
import type { ReportedOutcome } from './circuit.js';

/** What a call that threw tells of its upstream; null when nothing. */
export type CallOutcome = ReportedOutcome | null;

/** Whether a circuit is to hear of it: an answer tells one that is closed nothing new. Pure. */
export function isNews(outcome: CallOutcome, isProbe: boolean): outcome is ReportedOutcome {
  return outcome === 'failed' || (outcome === 'answered' && isProbe);
}

/**
 * What a call that threw tells of its upstream. Pure. What was the upstream's own fault (5xx, no answer, none in time) has failed. A
 * refusal for good is an answer: the fault is the job's. Being asked to wait tells nothing: that has a pause of its own. Whatever
 * else is thrown may not have to do with the upstream at all.
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
