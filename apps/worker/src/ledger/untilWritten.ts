import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@sluice/shared/lifecycle/service';

/** First and longest pause between two tries, in ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Tells a write to give up: `signal` ends the pause between two tries. */
export interface WriteStop {
  readonly reason: string | null;
  readonly signal: AbortSignal;
}

/**
 * Tries a write until it succeeds. What an attempt did must reach the ledger before BullMQ hears of it, so a store that
 * is away is waited for: BullMQ renews the job's lock meanwhile, and a process that must end simply ends: the job is found
 * stalled, as after any crash.
 * @param stop gives up when there is a reason to, throwing the last error
 */
export function untilWritten<Written>(
  what: string,
  write: () => Promise<Written>,
  log: Log,
  stop?: WriteStop,
): Promise<Written> {
  // Nearly every write succeeds at once; each job passes here several times.
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
