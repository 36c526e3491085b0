/** What a process saw of a server's clock: it asked, and was answered with the server's time. */
export interface ClockSample {
  /** By the process's monotonic clock, in ms. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The process's own clock when the answer came, unix ms. */
  readonly localMs: number;
  /** The server's clock as it answered, unix ms. */
  readonly serverMs: number;
}

/** How far the server's clock is ahead of the process's. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** The true offset is at most so far off, in ms: half of the round trip. */
  readonly uncertaintyMs: number;
}

/** Whether a clock may be relied on; `unknown` when the answer took too long to tell. */
export type SkewVerdict = 'within' | 'off' | 'unknown';

/** The offset if the server answered halfway between question and answer. Cristian, Probabilistic clock synchronization, 1989. */
export function offsetOf({ askedMs, answeredMs, localMs, serverMs }: ClockSample): ClockOffset {
  const halfMs = (answeredMs - askedMs) / 2;
  return { offsetMs: serverMs - (localMs - halfMs), uncertaintyMs: halfMs };
}

/** Whether the offset is surely within the bound, surely above it, or could be either. */
export function judgeSkew({ offsetMs, uncertaintyMs }: ClockOffset, boundMs: number): SkewVerdict {
  const awayMs = Math.abs(offsetMs);
  if (awayMs - uncertaintyMs > boundMs) return 'off';
  return awayMs + uncertaintyMs <= boundMs ? 'within' : 'unknown';
}
