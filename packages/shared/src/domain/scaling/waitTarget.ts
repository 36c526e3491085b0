import type { ScalingObservation } from './observation.js';
import type { Recommendation, WaitTargetPolicy } from './policy.js';
import { withinBounds } from './policy.js';
import { recommendByQueueLength } from './queueLength.js';

/** Part of its slots that a tenant's arrivals may keep busy: the rest takes up their unevenness. */
export const TARGET_UTILISATION = 0.7;

/** A quotient that is whole but for its last bits shall not cost one slot more. */
const ROUNDING = 1e-9;

/**
 * Little's law (L = arrival rate x service time; Little, 1961): so many jobs run at a time when all keep up, at 70 %
 * of the slots. What waits already needs waiting x service time / drain target at a time to be over within the target.
 * The larger counts, shared out over slots that each run several jobs at a time. Arrivals that are not known count as
 * none. While the service time is not known the queue's length decides.
 */
export function recommendByWaitTarget(observation: ScalingObservation, policy: WaitTargetPolicy): Recommendation {
  const { waiting, active, arrivalsPerSecond, serviceMs } = observation;
  if (serviceMs === null) {
    const { slots, reason } = recommendByQueueLength(observation, policy);
    return { slots, reason: `service time unknown, by queue length: ${reason}` };
  }
  const { slotConcurrency, drainTargetSeconds } = policy;
  const serviceSeconds = serviceMs / 1_000 / slotConcurrency;
  const toKeepUp = ((arrivalsPerSecond ?? 0) * serviceSeconds) / TARGET_UTILISATION;
  const toDrain = (waiting * serviceSeconds) / drainTargetSeconds;
  const arrivals = arrivalsPerSecond === null ? 'arrivals unknown' : `${figure(arrivalsPerSecond)}/s arriving`;
  return withinBounds(
    Math.ceil(Math.max(toKeepUp, toDrain) - ROUNDING),
    policy,
    `${waiting} waiting, ${active} active, ${arrivals}, ${figure(serviceMs)} ms each, ${slotConcurrency} at a time per ` +
      `worker, ${figure(toKeepUp)} to keep up at ${TARGET_UTILISATION * 100} %, ` +
      `${figure(toDrain)} to drain in ${figure(drainTargetSeconds)} s`,
  );
}

function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}
