import type { ScalingObservation } from './observation.js';
import type { QueueLengthPolicy, Recommendation } from './policy.js';
import { withinBounds } from './policy.js';

/**
 * The requirement's rule: grow when more than `jobsPerSlot` jobs wait per slot, shrink when fewer, within the bounds.
 * Growth goes straight to the smallest count at which no slot has more than its share: ceil(waiting / jobsPerSlot).
 * Shrinking does, too, but keeps every busy slot: the backlog is short because they keep up, and a steady load would
 * otherwise lose and regain a slot every other minute.
 */
export function recommendByQueueLength(
  { waiting, active, current }: Pick<ScalingObservation, 'waiting' | 'active' | 'current'>,
  policy: Omit<QueueLengthPolicy, 'kind'>,
): Recommendation {
  const wanted = Math.ceil(waiting / policy.jobsPerSlot);
  const working = Math.min(current ?? 0, Math.ceil(active / policy.slotConcurrency));
  const figures = `${waiting} waiting, ${active} active, ${policy.jobsPerSlot} per worker`;
  if (working <= Math.max(wanted, policy.minSlots)) return withinBounds(wanted, policy, figures);
  return withinBounds(working, policy, `${figures}: ${wanted} wanted, ${working} at work`);
}
