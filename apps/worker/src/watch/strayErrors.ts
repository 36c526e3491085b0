import type { Log } from '@sluice/shared/lifecycle/service';

/**
 * Ends the process on an error outside any attempt, such as a throw in a handler's timer or an unhandled rejection. The
 * state that it left is unknown, so nothing continues; the log names the running jobs, which are recovered as after any
 * crash and run in isolated processes from then on.
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

/** Maximum number of ids in the log line. */
const MOST_IDS = 100;

/** EX_SOFTWARE of sysexits.h. */
const EXIT_CODE = 70;
