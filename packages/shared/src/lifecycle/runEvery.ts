import { monotonicMs } from './clock.js';
import type { Log, Service } from './service.js';

/** A loop that can be hurried. */
export interface PeriodicService extends Service {
  /** Runs the step as soon as the current one is over, instead of at its time. */
  hurry(): void;
}

/** A loop whose steps fail again and again says so once in so long, in ms. */
const TELL_EVERY_MS = 10_000;

/**
 * Runs a step again and again, each time `everyMs` after the last ended. A step that throws is tried again at its next time,
 * and logged, at most once in ten seconds. `stop` waits for a step that is under way.
 * @param step gets a signal that aborts when the loop stops
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
  let toldMs = Number.NEGATIVE_INFINITY;
  let untold = 0;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      hurried = false;
      try {
        await step(signal);
      } catch (error) {
        if (!signal.aborted) tell(error);
      }
      if (!hurried && !signal.aborted) await pause();
    }
  }

  function tell(err: unknown): void {
    const nowMs = monotonicMs();
    if (nowMs - toldMs < TELL_EVERY_MS) {
      untold++;
      return;
    }
    log.warn({ err, loop: name, swallowed: untold }, 'a step failed; it is tried again at its next time');
    toldMs = nowMs;
    untold = 0;
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
