import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@sluice/shared/lifecycle/service';

/** First and maximum delay between two tries, in ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Aborts the retries of a write: `signal` ends the delay between two tries. */
export interface WriteStop {
  readonly reason: string | null;
  readonly signal: AbortSignal;
}

/**
 * Retries a write until it succeeds. An attempt's outcome must reach the ledger before BullMQ, so an unavailable store
 * is waited for: BullMQ renews the job's lock meanwhile. A process that must end just ends: the job is found stalled,
 * as after any crash.
 * @param stop gives up when it has a reason, throwing the last error
 */
export function untilWritten<Written>(
  what: string,
  write: () => Promise<Written>,
  log: Log,
  stop?: WriteStop,
): Promise<Written> {
  // Nearly every write succeeds at once, and each job takes this path several times.
  return write().catch((error: unknown) => tryAgain(what, write, log, stop, error));
}

async function tryAgain<Written>(
  what: string,
  write: () => Promise<Written>,
  log: Log,
  stop: WriteStop | undefined,
  failure: unknown,
): Promise<Written> {
  let err = failure;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    if (stop !== undefined && stop.reason !== null) throw err;
    if (pauseMs > 1_000)
      log.warn({ component: 'ledger', event: 'write_failed', err, what }, 'failed to write to the ledger: retrying');
    await pause(pauseMs, undefined, stop === undefined ? {} : { signal: stop.signal }).catch(() => undefined);
    try {
      return await write();
    } catch (error) {
      err = error;
    }
  }
}
