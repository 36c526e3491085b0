import { FleetError } from '../errors/fleetError.js';
import type { Log, Service } from './service.js';
import { createServiceGroup } from './serviceGroup.js';

/** How a process runs and stops. */
export interface RunOptions {
  readonly graceMs: number;
  readonly log: Log;
  /** Fields of the log line `ready`, which reports the process's addresses to whatever started it. */
  readonly ready?: () => object;
}

/**
 * Runs services until SIGTERM or SIGINT, then stops them in reverse order within the grace time and sets the exit code.
 * A second signal exits at once. A failed start prints the reason and exits with code 1.
 */
export async function runUntilSignal(services: readonly Service[], options: RunOptions): Promise<void> {
  const { log } = options;
  const group = createServiceGroup('process', services, log);
  const signalled = nextSignal(log);
  const starting = group.start();
  try {
    // A start may wait for a store that is unavailable; a signal must not.
    const begun = await Promise.race([starting.then(() => 'started'), signalled]);
    if (begun === 'started') log.info({ component: 'lifecycle', event: 'ready', ...options.ready?.() }, 'ready');
    else
      starting.catch((err: unknown) =>
        log.info({ component: 'lifecycle', event: 'start_aborted', err }, 'start aborted by a signal'),
      );
  } catch (error) {
    const cause = error instanceof FleetError ? { code: error.code } : { err: error };
    log.error({ component: 'lifecycle', event: 'start_failed', ...cause }, `failed to start: ${messageOf(error)}`);
    process.exitCode = 1;
    return exitSoon();
  }
  const signal = await signalled;
  log.info({ component: 'lifecycle', event: 'stopping', signal, graceMs: options.graceMs }, 'stopping');
  const atLast = exitAtLast(options.graceMs + LATEST_MS, log);
  await group.stop(AbortSignal.timeout(options.graceMs));
  atLast.stopped = true;
  log.info({ component: 'lifecycle', event: 'stopped' }, 'stopped');
  exitSoon();
}

function nextSignal(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let seen = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        seen++;
        if (seen === 1) return resolve(signal);
        log.warn({ component: 'lifecycle', event: 'stop_forced', signal }, 'second signal: exiting at once');
        process.exit(1);
      });
    }
  });
}

/** Maximum time of the whole stop beyond the grace time, in ms, whatever is unavailable: platforms kill soon after. */
const LATEST_MS = 4_500;

function exitAtLast(afterMs: number, log: Log): { stopped: boolean } {
  const state = { stopped: false };
  setTimeout(() => {
    if (state.stopped) process.exit();
    log.error(
      { component: 'lifecycle', event: 'stop_timed_out' },
      'failed to stop all services in time: exiting without them',
    );
    process.exit(1);
  }, afterMs).unref();
  return state;
}

/** All services have stopped; whatever keeps the process alive after another second would keep it alive forever. */
function exitSoon(): void {
  setTimeout(() => process.exit(), 1_000).unref();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
