import type { CallOutcome } from '@sluice/limits';
import { callOutcomeOf } from '@sluice/limits';
import type { Execution } from '../attempt/execution.js';

/**
 * What an attempt tells of the upstream that it called; null when nothing: told to stop, lost with its process, or not about the
 * upstream. Pure.
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
