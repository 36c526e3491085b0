import type { Runtime } from '../runtime.js';

/** An abort signal that fires when its time is up or when its parent fires. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether its own time was up, as opposed to its parent's signal. */
  isExpired(): boolean;
  /** Begins its time again. */
  restart(): void;
  /** Stops its time until the next {@link restart}; the parent is still followed. */
  pause(): void;
  /** Stops its time and lets go of the parent. */
  clear(): void;
  /** Fires now, and lets go of the parent. */
  abort(): void;
}

/** @param ms null is no limit; counts from the start */
export function startDeadline(
  runtime: Pick<Runtime, 'after'>,
  ms: number | null,
  parent: AbortSignal | undefined,
): Deadline {
  const controller = new AbortController();
  let expired = false;
  let stop: () => void = () => undefined;

  function pause(): void {
    stop();
    stop = () => undefined;
  }

  function restart(): void {
    pause();
    if (ms === null || controller.signal.aborted) return;
    stop = runtime.after(ms, () => {
      expired = true;
      controller.abort();
    });
  }

  const follow = (): void => controller.abort(parent?.reason);

  function clear(): void {
    pause();
    parent?.removeEventListener('abort', follow);
  }

  if (parent?.aborted === true) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  restart();
  return {
    signal: controller.signal,
    isExpired: () => expired,
    restart,
    pause,
    clear,
    abort() {
      clear();
      controller.abort();
    },
  };
}

/** Waits. @throws the signal's reason as soon as it fires */
export function pauseFor(runtime: Pick<Runtime, 'after'>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = runtime.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
