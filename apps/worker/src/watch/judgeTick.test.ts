import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Watch } from './judgeTick.js';
import { judgeTick, TICK_MS } from './judgeTick.js';

const BLOCKED_MS = 8_000;

/** Ticks at these times with these beats; returns when it fired, or null. */
function firedAt(ticks: readonly { readonly nowMs: number; readonly beat: number }[]): number | null {
  let watch: Watch | null = null;
  for (const seen of ticks) {
    const verdict = judgeTick(watch, seen, BLOCKED_MS);
    if (verdict.kind === 'blocked') return seen.nowMs;
    watch = verdict.watch;
  }
  return null;
}

const every = (ms: number, count: number, beatOf: (tick: number) => number) =>
  Array.from({ length: count }, (_, tick) => ({ nowMs: tick * ms, beat: beatOf(tick) }));

describe('judgeTick', () => {
  it('fires once the beat has been the same for as long as is allowed, and not before', () => {
    expect(firedAt(every(TICK_MS, 1_000, () => 7))).toBe(BLOCKED_MS);
    expect(firedAt(every(TICK_MS, BLOCKED_MS / TICK_MS, () => 7))).toBeNull();
  });

  it('begins anew when its own tick was late, as after SIGSTOP and SIGCONT', () => {
    const before = every(TICK_MS, 39, () => 7);
    const stoppedMs = 38 * TICK_MS + 3_600_000;
    const after = every(TICK_MS, 1_000, () => 7).map(({ nowMs, beat }) => ({ nowMs: stoppedMs + nowMs, beat }));
    expect(firedAt([...before, ...after])).toBe(stoppedMs + BLOCKED_MS);
  });

  it('never fires on a loop that beats within the time, nor on a machine that is too slow to tick', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 200 }), (gaps) => {
        let nowMs = 0;
        let beatenMs = 0;
        let beat = 0;
        const ticks = gaps.map((gapMs) => {
          nowMs += gapMs;
          if (nowMs - beatenMs >= BLOCKED_MS - 5_000) {
            beat++;
            beatenMs = nowMs;
          }
          return { nowMs, beat };
        });
        expect(firedAt(ticks)).toBeNull();
      }),
    );
    expect(firedAt(every(TICK_MS + 801, 10_000, () => 7))).toBeNull();
  });
});
