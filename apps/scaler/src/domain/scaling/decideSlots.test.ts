import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Occasion, ScalingSettings } from './decideSlots.js';
import { decideSlots } from './decideSlots.js';
import type { ScalingObservation } from './observation.js';
import type { ScalingPolicy } from './policy.js';
import type { RecommendationWindow } from './stabilise.js';

const requirement = { kind: 'queue-length', minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 } as const;
const atOnce: ScalingSettings = { policy: requirement, stabilisationMs: 0 };
const slowly: ScalingSettings = { policy: requirement, stabilisationMs: 60_000 };
const idle: ScalingObservation = {
  waiting: 0,
  active: 0,
  current: 1,
  arrivalsPerSecond: null,
  serviceMs: null,
  oldestWaitMs: null,
  heldBack: 'none',
};

function reading(seen: Partial<ScalingObservation>, atMs = 0, occasion: Occasion = 'interval') {
  return { kind: 'counted', occasion, atMs, observation: { ...idle, ...seen } } as const;
}

const policies: fc.Arbitrary<ScalingPolicy> = fc
  .record({
    kind: fc.constantFrom('queue-length' as const, 'wait-target' as const),
    minSlots: fc.integer({ min: 1, max: 50 }),
    more: fc.nat(50),
    jobsPerSlot: fc.integer({ min: 1, max: 1_000 }),
    slotConcurrency: fc.integer({ min: 1, max: 50 }),
    drainTargetSeconds: fc.integer({ min: 1, max: 3_600 }),
  })
  .map(({ more, ...policy }) => ({ ...policy, maxSlots: policy.minSlots + more }));
const settings = fc.record({ policy: policies, stabilisationMs: fc.constantFrom(0, 60_000) });
const observations: fc.Arbitrary<ScalingObservation> = fc.record({
  waiting: fc.nat(100_000),
  active: fc.nat(1_000),
  current: fc.option(fc.integer({ min: 1, max: 100 })),
  arrivalsPerSecond: fc.option(fc.double({ min: 0, max: 10_000, noNaN: true })),
  serviceMs: fc.option(fc.double({ min: 0, max: 600_000, noNaN: true })),
  oldestWaitMs: fc.option(fc.nat()),
  heldBack: fc.constantFrom('none', 'none', 'paused', 'rate-limited', 'quota', 'circuit'),
});

describe('decideSlots', () => {
  it('decides on a tenant that was never decided on, even when it is the floor', () => {
    expect(decideSlots(reading({ current: null }), null, slowly).decision).toMatchObject({
      kind: 'set',
      change: 'first',
      previous: null,
      desired: 1,
    });
    expect(decideSlots(reading({ current: null, waiting: 11 }), null, slowly).decision).toMatchObject({ desired: 2 });
  });

  it('grows on either occasion, and shrinks at the interval alone', () => {
    for (const occasion of ['interval', 'touched'] as const) {
      expect(decideSlots(reading({ waiting: 60 }, 0, occasion), null, atOnce).decision).toMatchObject({
        kind: 'set',
        change: 'grow',
        desired: 5,
      });
    }
    expect(decideSlots(reading({ current: 5 }), null, atOnce).decision).toMatchObject({ change: 'shrink', desired: 1 });
    expect(decideSlots(reading({ current: 5 }, 0, 'touched'), null, atOnce).decision).toMatchObject({
      kind: 'hold',
      because: 'shrinks-at-interval',
      desired: 5,
    });
  });

  it('holds what need not change, with its figures', () => {
    expect(decideSlots(reading({ waiting: 25, current: 3 }), null, slowly).decision).toEqual({
      kind: 'hold',
      because: 'unchanged',
      desired: 3,
      policy: 'queue-length',
      reason: '25 waiting, 0 active, 10 per worker: 3 wanted, 1 to 5 allowed',
    });
  });

  it('holds what it could not count, and forgets nothing', () => {
    const { window } = decideSlots(reading({ waiting: 60 }), null, slowly);
    const held = decideSlots({ kind: 'stale', current: 5 }, window, slowly);
    expect(held.decision).toMatchObject({ kind: 'hold', because: 'stale', desired: 5 });
    expect(held.window).toBe(window);
  });

  it('shrinks to the highest of the window, and says so', () => {
    let { window } = decideSlots(reading({ waiting: 45, current: 5 }, 0), null, slowly);
    const early = decideSlots(reading({ waiting: 25, current: 5 }, 30_000), window, slowly);
    expect(early.decision).toMatchObject({ kind: 'hold', because: 'stabilising' });
    window = early.window;
    expect(decideSlots(reading({ waiting: 0, current: 5 }, 60_000), window, slowly).decision).toEqual({
      kind: 'set',
      change: 'shrink',
      previous: 5,
      desired: 3,
      policy: 'queue-length',
      reason: '0 waiting, 0 active, 10 per worker: 0 wanted, 1 to 5 allowed; 3 in the last 60 s',
    });
  });

  it.each(['paused', 'rate-limited', 'quota', 'circuit'] as const)(
    'does not grow while %s, and says so',
    (heldBack) => {
      expect(decideSlots(reading({ waiting: 60, current: 2, heldBack }), null, slowly).decision).toEqual({
        kind: 'hold',
        because: 'held-back',
        desired: 2,
        policy: 'queue-length',
        reason: `60 waiting, 0 active, 10 per worker: 6 wanted, 1 to 5 allowed; no growth while ${heldBack}`,
      });
      expect(decideSlots(reading({ waiting: 60, current: null, heldBack }), null, slowly).decision).toMatchObject({
        kind: 'set',
        change: 'first',
        desired: 1,
      });
      expect(decideSlots(reading({ current: 3, heldBack }), null, atOnce).decision).toMatchObject({ change: 'shrink' });
    },
  );

  it('stays within its bounds, whatever it sees', () => {
    fc.assert(
      fc.property(observations, settings, (observation, rules) => {
        const { decision } = decideSlots(reading(observation), null, rules);
        if (decision.kind === 'hold') return;
        expect(decision.desired).toBeGreaterThanOrEqual(rules.policy.minSlots);
        expect(decision.desired).toBeLessThanOrEqual(rules.policy.maxSlots);
      }),
    );
  });

  it('never gives fewer slots for more waiting jobs', () => {
    fc.assert(
      fc.property(observations, fc.nat(100_000), settings, (observation, more, rules) => {
        const calm = decideSlots(reading(observation), null, rules).decision.desired ?? 0;
        const busier = { ...observation, waiting: observation.waiting + more };
        expect(decideSlots(reading(busier), null, rules).decision.desired ?? 0).toBeGreaterThanOrEqual(calm);
      }),
    );
  });

  it('never flaps under a steady load: after the first decision and one window nothing changes', () => {
    fc.assert(
      fc.property(observations, settings, (observation, rules) => {
        let window: RecommendationWindow | null = null;
        let { current } = observation;
        for (let atMs = 0; atMs <= 300_000; atMs += 30_000) {
          const decided = decideSlots(reading({ ...observation, current }, atMs), window, rules);
          if (atMs > rules.stabilisationMs) expect(decided.decision.kind).toBe('hold');
          window = decided.window;
          current = decided.decision.desired;
        }
      }),
    );
  });

  it('never flaps under a load that swings within the window: it stays at the top', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(80), { minLength: 1, maxLength: 5 }), policies, (swing, policy) => {
        const rules = { policy, stabilisationMs: 60_000 };
        let window: RecommendationWindow | null = null;
        let current: number | null = null;
        for (let turn = 0; turn < 30; turn++) {
          const seen = reading({ waiting: swing[turn % swing.length] ?? 0, current }, turn * 10_000);
          const decided = decideSlots(seen, window, rules);
          if (turn >= swing.length) expect(decided.decision.kind).toBe('hold');
          window = decided.window;
          current = decided.decision.desired;
        }
      }),
    );
  });
});
