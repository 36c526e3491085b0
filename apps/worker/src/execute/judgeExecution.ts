import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import { decideAfterFailure } from '@sluice/shared/domain/retry';
import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import type { Execution } from '../attempt/execution.js';
import { toStorableResult } from '../attempt/storable.js';
import { decideAfterLoss } from '../domain/claim.js';

/** The job's history before this attempt. */
export interface JobHistorySoFar {
  readonly failures: number;
  readonly deferrals: number;
  readonly crashes: number;
}

/**
 * Decides what becomes of a job after an attempt.
 * @param random source of [0, 1)
 */
export function judgeExecution(
  execution: Execution,
  history: JobHistorySoFar,
  policy: RetryPolicy,
  random: () => number,
): AttemptVerdict {
  switch (execution.kind) {
    case 'returned':
      return judgeResult(execution.value);
    case 'invalid':
      return { kind: 'bury', category: 'invalid', error: execution.error };
    case 'unusable':
      return { kind: 'bury', category: 'permanent', error: execution.error };
    case 'died': {
      const { error } = execution;
      const after = decideAfterLoss(history.crashes);
      return after.kind === 'poison' ? { kind: 'bury', category: 'poison', error, lost: true } : { ...after, error };
    }
    case 'stopped':
      return { kind: execution.reason === 'cancelled' ? 'cancel' : 'release' };
    case 'threw': {
      const { error } = execution;
      const failure = { code: codeOf(error), retryAfterMs: error instanceof PacedError ? error.retryAfterMs : null };
      const after = { failures: history.failures + 1, deferrals: history.deferrals };
      return { ...decideAfterFailure(failure, after, policy, random), error };
    }
  }
}

function judgeResult(value: unknown): AttemptVerdict {
  try {
    return { kind: 'completed', result: toStorableResult(value) };
  } catch (error) {
    return { kind: 'bury', category: 'permanent', error };
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof FleetError ? error.code : 'attempt_failed';
}
