/** Why an attempt is told to stop. */
export type StopReason = 'cancelled' | 'stopping' | 'slot-lost' | 'timed-out';

/** The one place where an attempt is told to stop. The first reason stands. */
export interface AttemptStop {
  /** Null for as long as the attempt may go on. */
  readonly reason: StopReason | null;
  /** What a handler gets. Made when it is first asked for: most handlers never do, and signals are dear. */
  readonly signal: AbortSignal;
  stop(reason: StopReason): void;
  /** Calls back once when the attempt is told to stop; at once when it was. */
  onStop(listener: () => void): void;
}

/** Starts with an attempt that may go on. */
export function createAttemptStop(): AttemptStop {
  let reason: StopReason | null = null;
  let controller: AbortController | null = null;
  const listeners: (() => void)[] = [];
  return {
    get reason() {
      return reason;
    },
    get signal() {
      if (controller === null) {
        controller = new AbortController();
        if (reason !== null) controller.abort(reason);
      }
      return controller.signal;
    },
    stop(why) {
      if (reason !== null) return;
      reason = why;
      controller?.abort(why);
      for (const listener of listeners.splice(0)) listener();
    },
    onStop(listener) {
      if (reason === null) listeners.push(listener);
      else listener();
    },
  };
}
