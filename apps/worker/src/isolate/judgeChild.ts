import { FleetError } from '@sluice/shared/errors/fleetError';
import type { StopReason } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { NotStartedError } from '../attempt/notStartedError.js';
import { stoppedFor } from '../execute/executeTask.js';

/** What is known of an attempt's process once it has ended. */
export interface ChildReport {
  /** Whether it came as far as to run the handler. */
  readonly started: boolean;
  /** What it said that the attempt came to; null when it did not come to say it. */
  readonly said: Execution | null;
  /** What it did that no attempt's process does, for which it was ended; null when nothing. */
  readonly misdeed: string | null;
  /** How it ended: exit code or signal, or why it could not be started. */
  readonly end: string;
  readonly stop: StopReason | null;
  readonly timeoutMs: number;
}

/**
 * What an attempt in a process of its own came to. What it said counts, however its process ended afterwards; one that was
 * told to stop and did not return was stopped; one that could not be started says nothing of the job; any other end is the
 * job's doing.
 */
export function judgeChild({ started, said, misdeed, end, stop, timeoutMs }: ChildReport): Execution {
  if (said !== null && (stop === null || said.kind !== 'threw')) return said;
  if (misdeed !== null) return died(misdeed);
  if (stop !== null) return stoppedFor(stop, timeoutMs);
  if (!started) return { kind: 'threw', error: new NotStartedError(end) };
  return died(`the attempt's process ended ${end}`);
}

function died(message: string): Execution {
  return { kind: 'died', error: new FleetError('attempt_failed', message) };
}
