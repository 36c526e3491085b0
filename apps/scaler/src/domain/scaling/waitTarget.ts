import type { ScalingObservation } from './observation.js';
import type { Recommendation, WaitTargetPolicy } from './policy.js';
import { withinBounds } from './policy.js';
import { recommendByQueueLength } from './queueLength.js';

/** Target share of a tenant's slots that its arrivals keep busy: the rest absorbs their variance. */
const TARGET_UTILISATION = 0.7;

/**
 * A tenant does not grow while its arrivals keep at most 80 % of its slots busy, and does not shrink while they would
 * keep more than 60 % of fewer slots busy: a load near a whole number of slots would otherwise flap between two counts.
 */
const HIGHEST_UTILISATION = 0.8;
const LOWEST_UTILISATION = 0.6;

/** Tolerance so that a rounding error does not add a slot. */
const ROUNDING = 1e-9;

/**
 * Little's law (L = arrival rate x service time; Little, 1961) gives the concurrency that keeps up, at 70 % slot
 * utilisation. The backlog needs a concurrency of waiting x service time / drain target to drain within the target. The
 * larger one counts, divided among slots that each run several jobs at a time. The current slots stay while their
 * utilisation is near enough. Unknown arrivals count as none. While the service time is unknown the queue length
 * decides.
 */
export function recommendByWaitTarget(observation: ScalingObservation, policy: WaitTargetPolicy): Recommendation {
  const { waiting, active, current, arrivalsPerSecond, serviceMs } = observation;
  if (serviceMs === null) {
    const { slots, reason } = recommendByQueueLength(observation, policy);
    return { slots, reason: `service time unknown, by queue length: ${reason}` };
  }
  const { slotConcurrency, drainTargetSeconds } = policy;
  const serviceSeconds = serviceMs / 1_000 / slotConcurrency;
  const busy = (arrivalsPerSecond ?? 0) * serviceSeconds;
  const toKeepUp = busy / TARGET_UTILISATION;
  const toDrain = (waiting * serviceSeconds) / drainTargetSeconds;
  const arrivals = arrivalsPerSecond === null ? 'arrivals unknown' : `${figure(arrivalsPerSecond)}/s arriving`;
  const isKept = current !== null && isInBand(busy, current);
  return withinBounds(
    Math.ceil(Math.max(isKept ? current : toKeepUp, toDrain) - ROUNDING),
    policy,
    `${waiting} waiting, ${active} active, ${arrivals}, ${figure(serviceMs)} ms each, ${slotConcurrency} at a time per ` +
      `worker, ${figure(toKeepUp)} to keep up at ${TARGET_UTILISATION * 100} %${isKept ? ` (${current} will do)` : ''}, ` +
      `${figure(toDrain)} to drain in ${figure(drainTargetSeconds)} s`,
  );
}

/** Whether this many busy slots make the current slots neither too few nor too many. */
function isInBand(busy: number, slots: number): boolean {
  return busy <= slots * HIGHEST_UTILISATION && busy > (slots - 1) * LOWEST_UTILISATION;
}

function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}
