import type { ClockSample } from '../domain/clockSkew.js';
import { judgeSkew, offsetOf } from '../domain/clockSkew.js';
import { monotonicMs, systemClock } from './clock.js';
import type { Log } from './service.js';

/** This process's view of the clock of Redis, which decides for all processes when jobs are due. */
export interface ServerClock {
  /**
   * Redis's time now, unix ms: its last reported time plus the time since by a monotonic clock. This machine's own time
   * until Redis has reported its time.
   */
  now(): number;
  /** Records a measurement of the server's time. */
  note(answer: Pick<ClockSample, 'askedMs' | 'serverMs'>): void;
  /** Whether this machine's clock differs from Redis's by more than the bound. */
  isOff(): boolean;
}

/** Options of a server clock. */
export interface ServerClockOptions {
  /** Maximum clock skew, in ms. */
  readonly boundMs: number;
  /** What this process does while its clock is off, for the log. */
  readonly consequence: string;
  /** Called with every measurement: how far this machine's clock is ahead of Redis's, in seconds. */
  readonly onSkew: (aheadSeconds: number) => void;
  readonly log: Log;
}

/** Creates a clock without measurements. */
export function createServerClock({ boundMs, consequence, onSkew, log }: ServerClockOptions): ServerClock {
  let anchor: { readonly serverMs: number; readonly atMs: number } | null = null;
  let off = false;

  function judge(sample: ClockSample): void {
    const offset = offsetOf(sample);
    const aheadSeconds = -offset.offsetMs / 1_000;
    onSkew(aheadSeconds);
    const verdict = judgeSkew(offset, boundMs);
    if (verdict === 'unknown' || off === (verdict === 'off')) return;
    off = verdict === 'off';
    const difference = `${Math.abs(aheadSeconds).toFixed(1)} s ${aheadSeconds > 0 ? 'ahead of' : 'behind'}`;
    if (off) {
      log.error(
        { component: 'clock', event: 'clock_skewed', aheadSeconds, boundMs },
        `this machine's clock is ${difference} Redis's: ${consequence}. Synchronise the clocks of both machines (NTP)`,
      );
    } else {
      log.info(
        { component: 'clock', event: 'clock_recovered', aheadSeconds, boundMs },
        "this machine's clock agrees with Redis's again",
      );
    }
  }

  return {
    now: () => (anchor === null ? systemClock.now() : anchor.serverMs + (monotonicMs() - anchor.atMs)),
    note({ askedMs, serverMs }) {
      const answeredMs = monotonicMs();
      anchor = { serverMs, atMs: (askedMs + answeredMs) / 2 };
      judge({ askedMs, answeredMs, localMs: systemClock.now(), serverMs });
    },
    isOff: () => off,
  };
}
