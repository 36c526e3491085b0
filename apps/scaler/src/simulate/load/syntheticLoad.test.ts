import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArrivals } from './readArrivals.js';
import { readServiceTimes } from './serviceTimes.js';
import { syntheticLoad } from './syntheticLoad.js';

const HOUR_MS = 3_600_000;

function make(shapes: readonly string[], service = 'exponential:1s', seed = 1) {
  const arrivals = shapes.map((shape) => ({ tenant: 'acme', arrivals: readArrivals(shape) }));
  const load = syntheticLoad({ arrivals, service: new Map([[null, readServiceTimes(service)]]), seed }, HOUR_MS);
  return load.get('acme') ?? [];
}

function between(jobs: readonly { readonly arrivedAtMs: number }[], fromMs: number, toMs: number): number {
  return jobs.filter(({ arrivedAtMs }) => arrivedAtMs >= fromMs && arrivedAtMs < toMs).length;
}

describe('syntheticLoad', () => {
  it('spaces constant jobs evenly', () => {
    expect(
      make(['constant:2'])
        .slice(0, 3)
        .map(({ arrivedAtMs }) => arrivedAtMs),
    ).toEqual([500, 1_000, 1_500]);
  });

  it.each([
    ['poisson:2', 7_200],
    ['step:1->3@30m', 7_200],
    ['ramp:0->4@0s..60m', 7_200],
    ['spike:1->11@10m..20m', 9_600],
    ['wave:0->4/60m', 7_200],
  ])('makes about as many jobs of %s as its rate says: %i', (shape, jobs) => {
    // Poisson: the standard deviation is the square root of the mean; five of them are never exceeded.
    expect(Math.abs(make([shape]).length - jobs)).toBeLessThan(5 * Math.sqrt(jobs));
  });

  it('puts them where the rate is high', () => {
    const jobs = make(['spike:1->11@10m..20m']);
    expect(between(jobs, 600_000, 1_200_000)).toBeGreaterThan(6_000);
    expect(between(jobs, 1_200_000, 1_800_000)).toBeLessThan(800);
  });

  it('adds up the loads of one tenant, by arrival', () => {
    const jobs = make(['constant:1', 'flood:500@10m']);
    expect(jobs).toHaveLength(3_599 + 500);
    expect(between(jobs, 600_000, 600_001)).toBe(501);
  });

  it.each(['fixed:2s', 'exponential:2s', 'log-normal:2s/1'])('gives %s its mean', (service) => {
    const jobs = make(['constant:20'], service);
    const meanMs = jobs.reduce((sum, { serviceMs }) => sum + serviceMs, 0) / jobs.length;
    expect(Math.abs(meanMs / 2_000 - 1)).toBeLessThan(0.05);
  });

  it('is ascending, not below 0, and the same for the same seed', () => {
    const shapes = fc.constantFrom('constant:3', 'poisson:3', 'step:1->5@20m', 'wave:0->3/10m', 'flood:9@1m');
    fc.assert(
      fc.property(fc.array(shapes, { minLength: 1, maxLength: 3 }), fc.nat(), (several, seed) => {
        const jobs = make(several, 'log-normal:1s', seed);
        expect(jobs.every((job, n) => job.serviceMs >= 0 && job.arrivedAtMs >= (jobs[n - 1]?.arrivedAtMs ?? 0))).toBe(
          true,
        );
        expect(make(several, 'log-normal:1s', seed)).toEqual(jobs);
      }),
      { numRuns: 10 },
    );
  });
});
