import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArrivalMeter } from './arrivalRate.js';
import { measureArrivals } from './arrivalRate.js';

describe('measureArrivals', () => {
  it('knows no rate at first, and then that of the time between', () => {
    const first = measureArrivals(null, 100, 0);
    expect(first.perSecond).toBeNull();
    expect(measureArrivals(first, 130, 10_000).perSecond).toBe(3);
  });

  it('keeps the rate until five seconds are over: the jobs of one moment are no rate', () => {
    const measured = measureArrivals(measureArrivals(null, 0, 0), 50, 10_000);
    const soon = measureArrivals(measured, 1_000, 14_999);
    expect(soon.perSecond).toBe(5);
    expect(measureArrivals(soon, 1_050, 15_000).perSecond).toBe(200);
  });

  it('knows no rate after the counter fell, because Redis was emptied', () => {
    const measured = measureArrivals(measureArrivals(null, 100, 0), 130, 10_000);
    const emptied = measureArrivals(measured, 3, 20_000);
    expect(emptied.perSecond).toBeNull();
    expect(measureArrivals(emptied, 13, 30_000).perSecond).toBe(1);
  });

  it('is never negative, and counts every job once over a steady watch', () => {
    const looks = fc.array(fc.record({ jobs: fc.nat(1_000), afterMs: fc.integer({ min: 1, max: 60_000 }) }));
    fc.assert(
      fc.property(looks, (all) => {
        let meter: ArrivalMeter = measureArrivals(null, 0, 0);
        let [count, nowMs, counted] = [0, 0, 0];
        for (const { jobs, afterMs } of all) {
          const before = meter;
          count += jobs;
          nowMs += afterMs;
          meter = measureArrivals(before, count, nowMs);
          if (meter !== before) counted += ((meter.perSecond ?? 0) * (meter.atMs - before.atMs)) / 1_000;
          expect(meter.perSecond ?? 0).toBeGreaterThanOrEqual(0);
        }
        expect(counted).toBeCloseTo(meter.count);
      }),
    );
  });
});
