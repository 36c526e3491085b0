import { describe, expect, it } from 'vitest';
import type { ScalingSettings } from '../domain/scaling/decideSlots.js';
import { readArrivals } from './load/readArrivals.js';
import { readServiceTimes } from './load/serviceTimes.js';
import { syntheticLoad } from './load/syntheticLoad.js';
import type { Hold } from './plan.js';
import type { SimulationResult, TimelineEntry } from './result.js';
import { simulate } from './simulate.js';
import { changesOf, summarise } from './summary.js';

const bounds = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 } as const;
const POLICIES = {
  'queue-length': { policy: { kind: 'queue-length', ...bounds }, stabilisationMs: 60_000 },
  'wait-target': { policy: { kind: 'wait-target', ...bounds, drainTargetSeconds: 60 }, stabilisationMs: 60_000 },
} as const satisfies Record<string, ScalingSettings>;
const INTERVAL_MS = 30_000;
const MINUTE_MS = 60_000;

interface Case {
  readonly settings?: ScalingSettings;
  /** Arrival patterns by tenant, as on the command line. */
  readonly load: Readonly<Record<string, string>>;
  readonly service?: string;
  readonly minutes: number;
  readonly seed?: number;
  readonly holds?: readonly Hold[];
}

function run({ settings, load, service, minutes, seed, holds }: Case): SimulationResult {
  const untilMs = minutes * MINUTE_MS;
  const source = {
    arrivals: Object.entries(load).map(([tenant, shape]) => ({ tenant, arrivals: readArrivals(shape) })),
    service: new Map([[null, readServiceTimes(service ?? 'exponential:1s')]]),
    seed: seed ?? 1,
  };
  return simulate({
    settings: settings ?? POLICIES['queue-length'],
    intervalMs: INTERVAL_MS,
    slotConcurrency: 1,
    untilMs,
    load: syntheticLoad(source, untilMs),
    holds: holds ?? [],
  });
}

function changes(result: SimulationResult, tenant = 'acme'): readonly TimelineEntry[] {
  return changesOf(result.timeline, tenant);
}

describe('simulate', () => {
  it('gives the same timeline for the same seed, and another for another', () => {
    const one = { load: { acme: 'poisson:2' }, minutes: 10 };
    expect(run(one)).toEqual(run(one));
    expect(run({ ...one, seed: 2 }).timeline).not.toEqual(run(one).timeline);
  });

  it('loses no job: each has started or still waits', () => {
    const [summary] = summarise(run({ load: { acme: 'poisson:8' }, minutes: 10 }));
    expect(summary?.started).toBeGreaterThan(2_000);
    expect((summary?.started ?? 0) + (summary?.stillWaiting ?? 0)).toBe(summary?.arrived);
  });

  it('looks at all tenants at every interval, and decides on one without jobs at its first', () => {
    const { timeline } = run({ load: { early: 'constant:1', late: 'flood:1@100s' }, minutes: 3 });
    const intervals = timeline.filter(({ tenant, occasion }) => tenant === 'early' && occasion === 'interval');
    expect(intervals.map(({ atMs }) => atMs)).toEqual([30_000, 60_000, 90_000, 120_000, 150_000, 180_000]);
    const first = timeline.find(({ tenant }) => tenant === 'late');
    expect(first).toMatchObject({ occasion: 'touched', slots: 1 });
    // A producer sends notices twice a second, and the loop ticks four times a second.
    expect(first?.atMs).toBeLessThanOrEqual(100_750);
  });
});

describe.each(Object.entries(POLICIES))('the policy %s', (_name, settings) => {
  // Load in slots: below 1 a share of one slot's time, above it more than one.
  const loads = [0.3, 0.6, 0.9, 1.2, 1.8, 2.5, 4.2];

  it.each(['constant', 'poisson'])(
    'does not flap under a steady %s load, however much of its slots it takes',
    (kind) => {
      for (const load of loads) {
        const result = run({ settings, load: { acme: `${kind}:${load}` }, minutes: 90, seed: 3 });
        const late = changes(result).filter(({ atMs }) => atMs > 30 * MINUTE_MS);
        // One change either way in an hour: without keeping busy slots and smoothing the load it was up to 90.
        expect({ load, late: late.length }).toEqual({ load, late: expect.toBeOneOf([0, 1, 2]) });
        expect(summarise(result)[0]?.flaps).toBeLessThanOrEqual(1);
      }
    },
  );

  it('keeps up with any load that five slots can carry', () => {
    for (const load of loads) {
      const [summary] = summarise(run({ settings, load: { acme: `poisson:${load}` }, minutes: 60 }));
      expect(summary?.stillWaiting).toBeLessThan(60);
      expect(summary?.waitMs.p99).toBeLessThan(30_000);
    }
  });

  it('grows within one interval when the load steps up', () => {
    const stepped = changes(run({ settings, load: { acme: 'step:0.2->10@5m' }, minutes: 8 })).find(
      ({ atMs }) => atMs >= 5 * MINUTE_MS,
    );
    expect(stepped?.decision).toMatchObject({ change: 'grow' });
    expect(stepped?.atMs).toBeLessThanOrEqual(5 * MINUTE_MS + INTERVAL_MS);
  });

  it('sees a flood within a quarter of a second, and never gives it more than the most slots', () => {
    const result = run({ settings, load: { acme: 'flood:3000@95100ms' }, service: 'fixed:200ms', minutes: 10 });
    const [first, ...later] = changes(result);
    expect(first?.atMs).toBeLessThanOrEqual(95_350);
    expect(Math.max(...result.timeline.map(({ slots }) => slots))).toBe(5);
    expect(later.every(({ slots }) => slots <= 5)).toBe(true);
    expect(summarise(result)[0]).toMatchObject({ started: 3_000, flaps: 0 });
  });

  it('leaves the other tenants alone while one floods', () => {
    const quiet = { quiet: 'constant:0.5' };
    const alone = run({ settings, load: quiet, minutes: 10 });
    const beside = run({ settings, load: { ...quiet, loud: 'flood:2000@2m' }, minutes: 10 });
    expect(beside.tenants.find(({ tenant }) => tenant === 'quiet')?.waitsMs).toEqual(alone.tenants[0]?.waitsMs);
  });

  it('shrinks at an interval, and no earlier than the stabilisation window after the slots were last wanted', () => {
    const result = run({ settings, load: { acme: 'spike:0.1->20@5m..6m' }, service: 'fixed:200ms', minutes: 30 });
    const shrinks = changes(result).filter(({ decision }) => decision.kind === 'set' && decision.change === 'shrink');
    expect(shrinks.length).toBeGreaterThan(0);
    expect(shrinks.every(({ occasion }) => occasion === 'interval')).toBe(true);
    const grown = changes(result).filter(({ decision }) => decision.kind === 'set' && decision.change === 'grow');
    const lastGrowthMs = Math.max(...grown.map(({ atMs }) => atMs));
    expect(Math.min(...shrinks.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(
      lastGrowthMs + settings.stabilisationMs,
    );
    expect(result.timeline.at(-1)?.slots).toBe(1);
  });

  it('does not grow while it is rate limited, says so, and grows when that is over', () => {
    const hold = { tenant: null, because: 'rate-limited', fromMs: MINUTE_MS, toMs: 4 * MINUTE_MS } as const;
    const result = run({ settings, load: { acme: 'constant:0.5' }, minutes: 8, holds: [hold] });
    const during = result.timeline.filter(({ atMs }) => atMs >= hold.fromMs && atMs < hold.toMs);
    expect(during.every(({ slots }) => slots === 1)).toBe(true);
    expect(during.at(-1)?.decision).toMatchObject({ kind: 'hold', because: 'held-back' });
    expect(during.at(-1)?.decision.reason).toContain('no growth while rate-limited');
    const after = changes(result).filter(({ atMs }) => atMs >= hold.toMs);
    expect(after[0]?.decision).toMatchObject({ change: 'grow' });
    expect(after[0]?.atMs).toBeLessThanOrEqual(hold.toMs + INTERVAL_MS);
  });
});

it('gives wait-target fewer slot-seconds than five slots all day for a daily wave, and shorter waits than one', () => {
  const wave = { load: { acme: 'wave:0.1->3/24h' }, minutes: 24 * 60 };
  const [summary] = summarise(run({ ...wave, settings: POLICIES['wait-target'] }));
  expect(summary?.slotSeconds).toBeLessThan(5 * 24 * 3_600 * 0.75);
  expect(summary?.waitMs.p99).toBeLessThan(20_000);
  expect(summary?.flaps).toBeLessThanOrEqual(3);
});
