import type { Log } from '@sluice/shared/lifecycle/service';
import { createQuietReporter } from '@sluice/shared/telemetry/logger';
import { ADVICE_ON, refusalOf } from '../../redis/refusal.js';

/** Whether jobs may be claimed. Closes for a while, each time longer, when Redis answers that it will not do as asked. */
export interface RefusalGate {
  isOpen(): boolean;
  /** Notes an error; true when Redis refused, which closes the gate. Always false after `end`. */
  refused(error: unknown): boolean;
  /** Redis did as asked: the next pause is short again. */
  accepted(): void;
  /** Resolves when the gate is open, or has ended. */
  opened(): Promise<void>;
  /** Opens it for good. */
  end(): void;
}

/** First and longest time that the gate stays closed, in ms. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** One line of the log per so long tells how often Redis refused, in ms. */
const TELL_EVERY_MS = 10_000;

/**
 * A gate that is open.
 * @param reopened called when it opens again: whoever waited for work may try
 * @param nowMs a clock that paces the log
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
      // Many are refused at the same moment: that is one refusal.
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
