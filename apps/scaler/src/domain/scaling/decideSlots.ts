import type { ScalingObservation } from './observation.js';
import type { PolicyName, Recommendation, ScalingPolicy } from './policy.js';
import { recommendByQueueLength } from './queueLength.js';
import type { RecommendationWindow } from './stabilise.js';
import { stabilise } from './stabilise.js';
import { recommendByWaitTarget } from './waitTarget.js';

/** Why a tenant is decided on: the interval has passed, or jobs were just added. */
export type Occasion = 'interval' | 'touched';

/** What is known of a tenant when its slots are decided. */
export type TenantReading =
  | {
      readonly kind: 'counted';
      readonly occasion: Occasion;
      /** When, on a clock that never jumps, in ms. */
      readonly atMs: number;
      readonly observation: ScalingObservation;
    }
  /** It could not be counted: what is known of it is too old, or incomplete, to decide on. */
  | { readonly kind: 'stale'; readonly current: number | null };

/** By which rule slots are decided, and how slowly they shrink. */
export interface ScalingSettings {
  readonly policy: ScalingPolicy;
  /** Shrinking takes the highest recommendation of this long, in ms; 0 shrinks at once. */
  readonly stabilisationMs: number;
}

/** Why a tenant's slots stay as they are. */
export type HoldCause = 'unchanged' | 'stabilising' | 'held-back' | 'shrinks-at-interval' | 'stale';

/** What becomes of a tenant's slots. */
export type ScalingDecision =
  | {
      readonly kind: 'set';
      readonly change: 'first' | 'grow' | 'shrink';
      /** Null for a first decision. */
      readonly previous: number | null;
      readonly desired: number;
      readonly policy: PolicyName;
      /** For people: the figures that led here. */
      readonly reason: string;
    }
  | {
      readonly kind: 'hold';
      readonly because: HoldCause;
      /** Slots that it keeps; null when none were decided and none can be. */
      readonly desired: number | null;
      readonly policy: PolicyName;
      readonly reason: string;
    };

/** A decision, and what the caller keeps until the next one on the same tenant. */
export interface DecidedSlots {
  readonly decision: ScalingDecision;
  readonly window: RecommendationWindow | null;
}

/**
 * Decides on a tenant's slots. A tenant without a decision gets one, even when it is the floor. While something else
 * holds its jobs back it does not grow: more slots would only wait with it. A pass that somebody's jobs set off only
 * grows: shrinking twice a second while a producer adds a few jobs would flap. On stale data it holds.
 * Pure: no clock, no I/O.
 * @param window as the decision before returned it; null before the first, and for a new leader
 */
export function decideSlots(
  reading: TenantReading,
  window: RecommendationWindow | null,
  { policy, stabilisationMs }: ScalingSettings,
): DecidedSlots {
  if (reading.kind === 'stale') {
    const hold = { kind: 'hold', because: 'stale', desired: reading.current } as const;
    return { decision: { ...hold, policy: policy.kind, reason: 'the queues could not be counted' }, window };
  }
  const { observation, occasion } = reading;
  const { current } = observation;
  const free = recommend(observation, policy);
  const allowed = observation.heldBack === 'none' ? free.slots : Math.min(free.slots, current ?? policy.minSlots);
  const recommended = Math.max(policy.minSlots, allowed);
  const span = { nowMs: reading.atMs, windowMs: stabilisationMs };
  const stable = stabilise(window, recommended, current, span);
  const desired = Math.min(policy.maxSlots, stable.slots);
  const notes = [
    ...(recommended < free.slots ? [`no growth while ${observation.heldBack}`] : []),
    ...(desired > recommended ? [`${desired} in the last ${stabilisationMs / 1_000} s`] : []),
  ];
  const told = { policy: policy.kind, reason: [free.reason, ...notes].join('; ') };
  const hold = (because: HoldCause): DecidedSlots => ({
    decision: { kind: 'hold', because, desired: current, ...told },
    window: stable.window,
  });
  if (current === desired) {
    if (desired > recommended) return hold('stabilising');
    return hold(recommended < free.slots ? 'held-back' : 'unchanged');
  }
  const change = current === null ? 'first' : desired > current ? 'grow' : 'shrink';
  if (change === 'shrink' && occasion === 'touched') return hold('shrinks-at-interval');
  return { decision: { kind: 'set', change, previous: current, desired, ...told }, window: stable.window };
}

function recommend(observation: ScalingObservation, policy: ScalingPolicy): Recommendation {
  switch (policy.kind) {
    case 'queue-length':
      return recommendByQueueLength(observation, policy);
    case 'wait-target':
      return recommendByWaitTarget(observation, policy);
  }
}
