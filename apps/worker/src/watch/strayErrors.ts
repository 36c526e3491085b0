import type { Log } from '@sluice/shared/lifecycle/service';

/**
 * Ends the process at an error that no attempt carries, such as of a handler that throws in a timer, or of a promise that
 * nobody awaits. Whatever it left half done is unknown, so nothing goes on; the jobs that ran are named, found again as
 * after any crash, and run in processes of their own from then on.
 */
export function exitOnStrayErrors(running: { ids(): readonly string[] }, log: Log): void {
  process.on('uncaughtException', (err, origin) => {
    try {
      log.error(
        { component: 'process', event: 'stray_error', err, origin, jobs: running.ids().slice(0, MOST_IDS) },
        'error outside any attempt: exiting at once',
      );
    } finally {
      process.exit(EXIT_CODE);
    }
  });
}

/** Ids that the line names at most. */
const MOST_IDS = 100;

/** EX_SOFTWARE of sysexits.h. */
const EXIT_CODE = 70;
