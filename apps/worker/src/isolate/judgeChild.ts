import { FleetError } from '@sluice/shared/errors/fleetError';
import type { StopReason } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { NotStartedError } from '../attempt/notStartedError.js';
import { stoppedFor } from '../execute/executeTask.js';

/** What is known about an attempt's process once it has ended. */
export interface ChildReport {
  /** Whether it reached the handler. */
  readonly started: boolean;
  /** The outcome that it reported; null when it reported none. */
  readonly said: Execution | null;
  /** The protocol violation for which it was killed; null when there was none. */
  readonly misdeed: string | null;
  /** How it ended: exit code or signal, or why it could not be started. */
  readonly end: string;
  readonly stop: StopReason | null;
  readonly timeoutMs: number;
}

/**
 * The outcome of an isolated attempt. A reported outcome counts, however the process ended afterwards; an attempt that
 * was stopped and did not return counts as stopped; a process that could not be started says nothing about the job; any
 * other end is attributed to the job.
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
