import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadMeter } from './measureLoad.js';
import { measureLoad } from './measureLoad.js';

/** Measures a counter read at these times. */
function follow(readings: readonly { readonly count: number; readonly atMs: number; readonly serviceMs?: number }[]) {
  return readings.reduce<LoadMeter | null>(
    (meter, { count, atMs, serviceMs }) => measureLoad(meter, { count, serviceMs: serviceMs ?? null }, atMs),
    null,
  );
}

describe('measureLoad', () => {
  it('knows no rate at first, and then that of the time between', () => {
    expect(follow([{ count: 100, atMs: 0 }])?.arrivalsPerSecond).toBeNull();
    expect(
      follow([
        { count: 100, atMs: 0 },
        { count: 130, atMs: 10_000 },
      ])?.arrivalsPerSecond,
    ).toBe(3);
  });

  it('keeps the rate until five seconds are over: the jobs of one moment are no rate', () => {
    const start = [
      { count: 0, atMs: 0 },
      { count: 50, atMs: 10_000 },
    ];
    expect(follow([...start, { count: 1_000, atMs: 14_999 }])?.arrivalsPerSecond).toBe(5);
    expect(follow([...start, { count: 1_000, atMs: 15_000 }])?.arrivalsPerSecond).toBeGreaterThan(50);
  });

  it('knows no rate after the counter fell, because Redis was emptied', () => {
    const start = [
      { count: 100, atMs: 0 },
      { count: 130, atMs: 10_000 },
      { count: 3, atMs: 20_000 },
    ];
    expect(follow(start)?.arrivalsPerSecond).toBeNull();
    expect(follow([...start, { count: 13, atMs: 30_000 }])?.arrivalsPerSecond).toBe(1);
  });

  it('follows a load that begins within a minute or two, and one that ends within five', () => {
    const idle = Array.from({ length: 20 }, (_, n) => ({ count: 0, atMs: n * 30_000 }));
    const busy = Array.from({ length: 24 }, (_, n) => ({ count: (n + 1) * 50, atMs: 570_000 + (n + 1) * 5_000 }));
    const over = Array.from({ length: 10 }, (_, n) => ({ count: 1_200, atMs: 690_000 + (n + 1) * 30_000 }));
    expect(follow([...idle, ...busy])?.arrivalsPerSecond).toBeGreaterThan(8);
    expect(follow([...idle, ...busy, ...over])?.arrivalsPerSecond).toBeLessThan(1);
  });

  it('evens out how long jobs take, and knows it as soon as somebody does', () => {
    const swinging = Array.from({ length: 60 }, (_, n) => ({
      count: n * 10,
      atMs: n * 5_000,
      serviceMs: n % 2 ? 500 : 1_500,
    }));
    expect(Math.abs((follow(swinging)?.serviceMs ?? 0) - 1_000)).toBeLessThan(100);
    const first = [
      { count: 1, atMs: 0 },
      { count: 1, atMs: 1_000, serviceMs: 700 },
    ];
    expect(follow(first)?.serviceMs).toBe(700);
  });

  it('is never negative, and never outside of the rates that there were', () => {
    const passes = fc.array(fc.record({ jobs: fc.nat(1_000), afterMs: fc.integer({ min: 5_000, max: 60_000 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(passes, (all) => {
        let meter: LoadMeter = measureLoad(null, { count: 0, serviceMs: null }, 0);
        for (const { jobs, afterMs } of all) {
          meter = measureLoad(meter, { count: meter.count + jobs, serviceMs: null }, meter.atMs + afterMs);
        }
        const rates = all.map(({ jobs, afterMs }) => (jobs * 1_000) / afterMs);
        expect(meter.arrivalsPerSecond ?? -1).toBeGreaterThanOrEqual(Math.min(...rates) - 1e-6);
        expect(meter.arrivalsPerSecond ?? -1).toBeLessThanOrEqual(Math.max(...rates) + 1e-6);
      }),
    );
  });
});
