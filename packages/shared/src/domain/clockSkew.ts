/** One measurement of a server's clock: a request and the server's time in the response. */
export interface ClockSample {
  /** By the process's monotonic clock, in ms. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The process's own clock when the response arrived, unix ms. */
  readonly localMs: number;
  /** The server's clock in its response, unix ms. */
  readonly serverMs: number;
}

/** How far the server's clock is ahead of the process's. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** Maximum error of the offset, in ms: half of the round trip. */
  readonly uncertaintyMs: number;
}

/** Whether a clock is within the bound; `unknown` when the response took too long to decide. */
export type SkewVerdict = 'within' | 'off' | 'unknown';

/**
 * The offset, assuming the server responded halfway through the round trip. Cristian, Probabilistic clock
 * synchronization, 1989.
 */
export function offsetOf({ askedMs, answeredMs, localMs, serverMs }: ClockSample): ClockOffset {
  const halfMs = (answeredMs - askedMs) / 2;
  return { offsetMs: serverMs - (localMs - halfMs), uncertaintyMs: halfMs };
}

/** Whether the offset is certainly within the bound, certainly above it, or could be either. */
export function judgeSkew({ offsetMs, uncertaintyMs }: ClockOffset, boundMs: number): SkewVerdict {
  const awayMs = Math.abs(offsetMs);
  if (awayMs - uncertaintyMs > boundMs) return 'off';
  return awayMs + uncertaintyMs <= boundMs ? 'within' : 'unknown';
}
