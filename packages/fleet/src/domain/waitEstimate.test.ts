import { DEFAULT_CIRCUIT } from '@sluice/shared/contracts/circuit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blendServiceMs, estimateWait } from './waitEstimate.js';

const free = { idleSlots: 0, pausedMs: 0, quota: null, circuit: null };

describe('estimateWait', () => {
  it('shares the jobs ahead out over the slots', () => {
    expect(estimateWait({ position: 3, serviceMs: 30_000, slots: 1, ...free }).p50Ms).toBe(90_000);
    expect(estimateWait({ position: 10, serviceMs: 1_000, slots: 5, ...free }).p50Ms).toBe(2_000);
  });

  it('lets idle slots take the first at once, when the lane is not paused', () => {
    const wait = (position: number, pausedMs: number) =>
      estimateWait({ position, serviceMs: 1_000, slots: 4, idleSlots: 2, pausedMs, quota: null, circuit: null }).p50Ms;
    expect([1, 2, 3, 6].map((position) => wait(position, 0))).toEqual([0, 0, 250, 1_000]);
    expect(wait(1, 700)).toBe(700);
  });

  it('is surer the longer the queue: the work of many varies less, in relation, than that of one', () => {
    const one = estimateWait({ position: 1, serviceMs: 1_000, slots: 1, ...free });
    const many = estimateWait({ position: 100, serviceMs: 1_000, slots: 1, ...free });
    expect(one).toEqual({ p50Ms: 1_000, p90Ms: 2_282 });
    expect(many.p90Ms / many.p50Ms).toBeLessThan(1.2);
  });

  it('waits for the quota where that takes longer than the work, and works after a pause', () => {
    const used = { blockedMs: 0, underWay: 0, frees: [{ inMs: 20_000, calls: 5 }] };
    const quota = { quota: { callsPerWindow: 5, windowMs: 30_000, callsAtATime: null }, used };
    const wait = (position: number) =>
      estimateWait({ position, serviceMs: 100, slots: 1, idleSlots: 0, pausedMs: 0, quota, circuit: null }).p50Ms;
    expect([1, 5, 6, 11].map(wait)).toEqual([20_000, 20_000, 50_000, 80_000]);
    expect(
      estimateWait({ position: 2, serviceMs: 100, slots: 1, idleSlots: 0, pausedMs: 5_000, quota: null, circuit: null })
        .p50Ms,
    ).toBe(5_200);
  });

  it('is less sure of a quota the more windows must pass: each may come a part later', () => {
    const used = { blockedMs: 0, underWay: 0, frees: [{ inMs: 600, calls: 20 }] };
    const quota = { quota: { callsPerWindow: 20, windowMs: 60_000, callsAtATime: null }, used };
    const spread = (position: number): number => {
      const { p50Ms, p90Ms } = estimateWait({
        position,
        serviceMs: 1,
        slots: 1,
        idleSlots: 0,
        pausedMs: 0,
        quota,
        circuit: null,
      });
      return p90Ms - p50Ms;
    };
    expect([20, 21, 41].map(spread)).toEqual([1_000, 2_000, 3_000]);
  });

  it('begins to work when the circuit of the upstream is closed, and is no earlier than its rest for anybody', () => {
    const sight = { kind: 'open', probeInMs: 60_000, answered: 0 } as const;
    const circuit = { settings: DEFAULT_CIRCUIT, sight };
    const wait = (position: number) =>
      estimateWait({ position, serviceMs: 1_000, slots: 1, idleSlots: 1, pausedMs: 60_000, quota: null, circuit });
    // Three probes, one every five seconds; the fourth job starts after the third probe, and the others follow.
    expect([1, 2, 3, 4, 5, 6].map((position) => wait(position).p50Ms)).toEqual([
      60_000, 65_000, 70_000, 71_000, 72_000, 73_000,
    ]);
    expect(wait(1).p90Ms).toBe(120_000);
    const answered = {
      settings: DEFAULT_CIRCUIT,
      sight: { kind: 'half-open', probeInMs: 2_000, answered: 2 },
    } as const;
    const soon = { serviceMs: 1_000, slots: 1, idleSlots: 1, pausedMs: 2_000, quota: null, circuit: answered };
    expect(estimateWait({ position: 1, ...soon })).toEqual({ p50Ms: 2_000, p90Ms: 2_000 });
    expect(estimateWait({ position: 2, ...soon }).p50Ms).toBe(3_000);
  });

  it('is whole and never negative, says more for p90 than for p50, and answers even for a tenant without slots', () => {
    const anything = fc.record({
      position: fc.integer({ max: 1_000_000 }),
      serviceMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
      slots: fc.nat(5),
      idleSlots: fc.nat(5),
      pausedMs: fc.nat(),
      quota: fc.option(
        fc.record({
          quota: fc.record({
            callsPerWindow: fc.option(fc.integer({ min: 1, max: 9 })),
            windowMs: fc.constant(60_000),
            callsAtATime: fc.constant(null),
          }),
          used: fc.record({
            blockedMs: fc.nat(9_999),
            underWay: fc.nat(9),
            frees: fc.array(fc.record({ inMs: fc.nat(60_000), calls: fc.integer({ min: 1, max: 5 }) })),
          }),
        }),
      ),
      circuit: fc.option(
        fc.record({
          settings: fc.constant(DEFAULT_CIRCUIT),
          sight: fc.record({
            kind: fc.constantFrom('open' as const, 'half-open' as const),
            probeInMs: fc.nat(60_000),
            answered: fc.nat(2),
          }),
        }),
      ),
    });
    fc.assert(
      fc.property(anything, (facts) => {
        const { p50Ms, p90Ms } = estimateWait(facts);
        expect(Number.isInteger(p50Ms) && Number.isInteger(p90Ms)).toBe(true);
        expect(p50Ms).toBeGreaterThanOrEqual(0);
        expect(p90Ms).toBeGreaterThanOrEqual(p50Ms);
      }),
    );
  });
});

describe('blendServiceMs', () => {
  it('begins with the first sample and then follows the latest by a fifth', () => {
    expect(blendServiceMs(null, 500)).toBe(500);
    expect(blendServiceMs(1_000, 500)).toBe(900);
  });

  it('stays between what it was and what is new', () => {
    const ms = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(ms, ms, (previous, latest) => {
        const blended = blendServiceMs(previous, latest);
        expect(blended).toBeGreaterThanOrEqual(Math.min(previous, latest));
        expect(blended).toBeLessThanOrEqual(Math.max(previous, latest));
      }),
    );
  });
});
