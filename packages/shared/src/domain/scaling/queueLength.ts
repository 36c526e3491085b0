import type { ScalingObservation } from './observation.js';
import type { QueueLengthPolicy, Recommendation } from './policy.js';
import { withinBounds } from './policy.js';

/**
 * The requirement's rule: grow when more than `jobsPerSlot` jobs wait per slot, shrink when fewer, within the bounds.
 * Both go straight to the smallest count at which no slot has more than its share: ceil(waiting / jobsPerSlot).
 */
export function recommendByQueueLength(
  { waiting, active }: Pick<ScalingObservation, 'waiting' | 'active'>,
  policy: Omit<QueueLengthPolicy, 'kind'>,
): Recommendation {
  const wanted = Math.ceil(waiting / policy.jobsPerSlot);
  return withinBounds(wanted, policy, `${waiting} waiting, ${active} active, ${policy.jobsPerSlot} per worker`);
}
