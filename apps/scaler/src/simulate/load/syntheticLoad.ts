import { hash32 } from '@sluice/shared/domain/hash';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { seededRandom } from '../random.js';
import type { SimulatedJob } from '../tenantQueue.js';
import type { Arrivals } from './arrivals.js';
import { arrivalTimes } from './arrivals.js';
import type { ServiceTimes } from './serviceTimes.js';
import { drawServiceMs } from './serviceTimes.js';

/** Maximum number of jobs of a simulation: all of them are kept in memory. */
const MOST_JOBS = 2_000_000;

/** A synthetic load. */
export interface MadeUpLoad {
  /** Several patterns of one tenant add up. */
  readonly arrivals: readonly { readonly tenant: string; readonly arrivals: Arrivals }[];
  /** Service times by tenant; null is the default for all others. */
  readonly service: ReadonlyMap<string | null, ServiceTimes>;
  readonly seed: number;
}

/**
 * Generates the jobs of each tenant, by arrival. Every process has its own random numbers, so that another tenant or
 * policy changes no other tenant's jobs.
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
