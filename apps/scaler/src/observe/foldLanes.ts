import type { LaneSight } from '@sluice/fleet/queue/observe/observeLanes';
import { momentOfId } from '@sluice/shared/ids/ids';
import type { HeldBack } from '../domain/scaling/observation.js';
import type { TenantCount } from '../tenant.js';

/**
 * Aggregates a tenant's lanes. Jobs in a lane that cannot run need no slot while another lane has work; a tenant is
 * held back when all its lanes with work are. Pure.
 * @param nowMs unix ms, by the clock that stamped the jobs' acceptance
 * @param circuits names of lanes whose upstream is down
 */
export function foldLanes(
  lanes: readonly LaneSight[],
  nowMs: number,
  circuits: ReadonlySet<string> = new Set(),
): TenantCount {
  const withWork = lanes.filter(({ waiting }) => waiting > 0);
  const heldBackBy = (lane: LaneSight): HeldBack => causeOf(lane, circuits.has(lane.name));
  const free = withWork.filter((lane) => heldBackBy(lane) === 'none');
  const counted = free.length > 0 ? free : withWork;
  const [first] = counted;
  return {
    waiting: sumOf(counted, ({ waiting }) => waiting),
    waitingInAll: sumOf(lanes, ({ waiting }) => waiting),
    active: sumOf(lanes, ({ active }) => active),
    arrivals: sumOf(lanes, ({ arrivals }) => arrivals),
    serviceMs: meanServiceMs(lanes),
    oldestWaitMs: longestWaitMs(lanes, nowMs),
    heldBack: first === undefined ? 'none' : heldBackBy(first),
  };
}

/** A lane with an open circuit is rate limited as well, except at the moment of a probe. */
function causeOf({ paused, rateLimitedMs }: LaneSight, isCircuitOpen: boolean): HeldBack {
  if (paused) return 'paused';
  if (isCircuitOpen) return 'circuit';
  return rateLimitedMs > 0 ? 'rate-limited' : 'none';
}

/** Weights each lane by its jobs; when no lane has any, all weigh the same. */
function meanServiceMs(lanes: readonly LaneSight[]): number | null {
  const known = lanes.flatMap(({ serviceMs, waiting, active }) =>
    serviceMs === null ? [] : [{ serviceMs, jobs: waiting + active }],
  );
  if (known.length === 0) return null;
  const jobs = sumOf(known, (lane) => lane.jobs);
  if (jobs === 0) return sumOf(known, ({ serviceMs }) => serviceMs) / known.length;
  return sumOf(known, (lane) => lane.serviceMs * lane.jobs) / jobs;
}

function longestWaitMs(lanes: readonly LaneSight[], nowMs: number): number | null {
  const waits = lanes.flatMap(({ nextJobId }) => {
    const acceptedMs = nextJobId === null ? null : momentOfId(nextJobId);
    return acceptedMs === null ? [] : [Math.max(0, nowMs - acceptedMs)];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

function sumOf<Item>(items: readonly Item[], figure: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0);
}
