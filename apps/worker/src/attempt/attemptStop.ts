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
  return new Stop();
}

/** A class, as one is made for every job: its methods are shared. */
class Stop implements AttemptStop {
  private why: StopReason | null = null;
  private controller: AbortController | null = null;
  private listeners: (() => void)[] | null = null;

  get reason(): StopReason | null {
    return this.why;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.why !== null) this.controller.abort(this.why);
    }
    return this.controller.signal;
  }

  stop(why: StopReason): void {
    if (this.why !== null) return;
    this.why = why;
    this.controller?.abort(why);
    const listeners = this.listeners ?? [];
    this.listeners = null;
    for (const listener of listeners) listener();
  }

  onStop(listener: () => void): void {
    if (this.why !== null) listener();
    else if (this.listeners === null) this.listeners = [listener];
    else this.listeners.push(listener);
  }
}
