/** Why an attempt is stopped. */
export type StopReason = 'cancelled' | 'stopping' | 'slot-lost' | 'timed-out';

/** The single stop signal of an attempt. The first reason wins. */
export interface AttemptStop {
  /** Null while the attempt may continue. */
  readonly reason: StopReason | null;
  /** The handler's signal, created on first access: most handlers never use it, and signals are expensive. */
  readonly signal: AbortSignal;
  stop(reason: StopReason): void;
  /** Calls the listener once when the attempt is stopped; immediately if it already was. */
  onStop(listener: () => void): void;
}

/** Creates the stop signal of a running attempt. */
export function createAttemptStop(): AttemptStop {
  return new Stop();
}

/** A class because every job creates one: its methods are shared. */
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
