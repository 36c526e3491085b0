import type { Log } from '@sluice/shared/lifecycle/service';
import { createQuietReporter } from '@sluice/shared/telemetry/logger';
import { ADVICE_ON, refusalOf } from '../../redis/refusal.js';

/** Gates the claiming of jobs. Closes with exponential back-off when Redis refuses a command. */
export interface RefusalGate {
  isOpen(): boolean;
  /** Records an error; true when Redis refused a command, which closes the gate. Always false after `end`. */
  refused(error: unknown): boolean;
  /** Redis accepted a command: resets the back-off. */
  accepted(): void;
  /** Resolves when the gate is open, or has ended. */
  opened(): Promise<void>;
  /** Opens the gate permanently. */
  end(): void;
}

/** Initial and maximum time that the gate stays closed, in ms. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Refusals are logged at most this often, with a count, in ms. */
const TELL_EVERY_MS = 10_000;

/**
 * Creates an open gate.
 * @param reopened called when the gate reopens: waiting runners may try again
 * @param nowMs clock that rate-limits the log
 */
export function createRefusalGate(reopened: () => void, nowMs: () => number, log: Log): RefusalGate {
  const quietly = createQuietReporter(TELL_EVERY_MS, nowMs);
  let waiters: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  let ended = false;

  function open(): void {
    timer = null;
    const waiting = waiters;
    waiters = [];
    for (const resume of waiting) resume();
    reopened();
  }

  return {
    isOpen: () => timer === null,
    refused(err) {
      const refusal = refusalOf(err);
      if (refusal === null || ended) return false;
      quietly(refusal, (suppressed) =>
        log.warn(
          { component: 'runners', event: 'claims_refused', err, refusal, suppressed },
          `failed to claim jobs: Redis refuses commands, so claims are paused. ${ADVICE_ON[refusal]}`,
        ),
      );
      // Concurrent refusals count as one.
      if (timer !== null) return true;
      timer = setTimeout(open, pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      return true;
    },
    accepted() {
      if (timer === null) pauseMs = FIRST_PAUSE_MS;
    },
    opened: () => (timer === null ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    end() {
      ended = true;
      if (timer !== null) clearTimeout(timer);
      open();
    },
  };
}
