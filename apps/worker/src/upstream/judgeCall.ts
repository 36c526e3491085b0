import type { CallOutcome } from '@sluice/limits';
import { callOutcomeOf } from '@sluice/limits';
import type { Execution } from '../attempt/execution.js';

/**
 * Derives the outcome of an attempt's upstream call. Pure.
 * @returns null when the attempt says nothing about the upstream: it was stopped, was lost with its process, or failed
 * for another reason
 */
export function judgeCall(execution: Execution): CallOutcome {
  switch (execution.kind) {
    case 'returned':
      return 'answered';
    case 'threw':
      return callOutcomeOf(execution.error);
    case 'invalid':
    case 'unusable':
    case 'died':
    case 'stopped':
      return null;
  }
}
