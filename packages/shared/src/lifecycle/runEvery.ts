import { monotonicMs } from './clock.js';
import type { Log, Service } from './service.js';

/** A periodic loop whose next step can be triggered early. */
export interface PeriodicService extends Service {
  /** Runs the step as soon as the current one has ended, instead of at its scheduled time. */
  hurry(): void;
}

/** Minimum interval between logged failures of a loop, in ms. */
const LOG_EVERY_MS = 10_000;

/**
 * Runs a step repeatedly, each time `everyMs` after the previous one ended. A step that throws is logged, at most once
 * every ten seconds, and retried at its next time. `stop` waits for a running step.
 * @param step receives a signal that aborts when the loop stops
 */
export function runEvery(
  name: string,
  everyMs: number,
  step: (signal: AbortSignal) => Promise<void>,
  log: Log,
): PeriodicService {
  let stopper: AbortController | null = null;
  let loop: Promise<void> | null = null;
  let wake: (() => void) | null = null;
  let hurried = false;
  let loggedMs = Number.NEGATIVE_INFINITY;
  let suppressed = 0;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      hurried = false;
      try {
        await step(signal);
      } catch (error) {
        if (!signal.aborted) report(error);
      }
      if (!hurried && !signal.aborted) await pause();
    }
  }

  function report(err: unknown): void {
    const nowMs = monotonicMs();
    if (nowMs - loggedMs < LOG_EVERY_MS) {
      suppressed++;
      return;
    }
    log.warn(
      { component: name, event: 'loop_step_failed', err, suppressed },
      'failed to run a step of a loop: retrying at its next time',
    );
    loggedMs = nowMs;
    suppressed = 0;
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function hurry(): void {
    hurried = true;
    wake?.();
  }

  return {
    name,
    async start() {
      if (loop !== null) return;
      stopper = new AbortController();
      loop = run(stopper.signal);
    },
    async stop() {
      stopper?.abort();
      hurry();
      await loop;
      loop = null;
    },
    hurry,
  };
}
