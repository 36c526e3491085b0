import { hash32 } from '@sluice/shared/domain/hash';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { seededRandom } from '../random.js';
import type { SimulatedJob } from '../tenantQueue.js';
import type { Arrivals } from './arrivals.js';
import { arrivalTimes } from './arrivals.js';
import type { ServiceTimes } from './serviceTimes.js';
import { drawServiceMs } from './serviceTimes.js';

/** Jobs of one simulation at most: all of them are kept in memory. */
const MOST_JOBS = 2_000_000;

/** A load that is made up. */
export interface MadeUpLoad {
  /** Several of one tenant add up. */
  readonly arrivals: readonly { readonly tenant: string; readonly arrivals: Arrivals }[];
  /** By tenant; that of null is everybody else's. */
  readonly service: ReadonlyMap<string | null, ServiceTimes>;
  readonly seed: number;
}

/**
 * Makes up the jobs of each tenant, by arrival. Every process has random numbers of its own, so that one more tenant or another
 * policy changes nobody's jobs.
 * @throws ConfigurationError when there are too many jobs
 */
export function syntheticLoad(source: MadeUpLoad, untilMs: number): ReadonlyMap<string, readonly SimulatedJob[]> {
  const times = new Map<string, number[]>();
  let jobs = 0;
  for (const [index, { tenant, arrivals }] of source.arrivals.entries()) {
    const ofTenant = times.get(tenant) ?? [];
    times.set(tenant, ofTenant);
    for (const atMs of arrivalTimes(arrivals, seededRandom(source.seed ^ hash32(`${tenant}|${index}`)), untilMs)) {
      ofTenant.push(atMs);
      jobs++;
      if (jobs > MOST_JOBS)
        throw new ConfigurationError(`This load has more than ${MOST_JOBS} jobs: make it smaller or shorter.`);
    }
  }
  return new Map([...times].map(([tenant, moments]) => [tenant, withServiceTimes(tenant, moments, source)]));
}

function withServiceTimes(tenant: string, moments: readonly number[], source: MadeUpLoad): readonly SimulatedJob[] {
  const service = source.service.get(tenant) ?? source.service.get(null) ?? { kind: 'fixed', meanMs: 1_000 };
  const random = seededRandom(source.seed ^ hash32(`${tenant}|service`));
  return Float64Array.from(moments)
    .sort()
    .reduce<SimulatedJob[]>((jobs, arrivedAtMs) => {
      jobs.push({ arrivedAtMs, serviceMs: drawServiceMs(service, random) });
      return jobs;
    }, []);
}
