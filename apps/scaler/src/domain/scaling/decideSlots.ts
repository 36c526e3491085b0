import type { ScalingObservation } from './observation.js';
import type { PolicyName, Recommendation, ScalingPolicy } from './policy.js';
import { recommendByQueueLength } from './queueLength.js';
import type { RecommendationWindow } from './stabilise.js';
import { stabilise } from './stabilise.js';
import { recommendByWaitTarget } from './waitTarget.js';

/** Why a decision is made: the interval has passed, or jobs were just added. */
export type Occasion = 'interval' | 'touched';

/** The input of a decision on a tenant's slots. */
export type TenantReading =
  | {
      readonly kind: 'counted';
      readonly occasion: Occasion;
      /** Time of the reading, on a monotonic clock, in ms. */
      readonly atMs: number;
      readonly observation: ScalingObservation;
    }
  /** Its lanes could not be counted: the known state is too old or incomplete to decide on. */
  | { readonly kind: 'stale'; readonly current: number | null };

/** The policy that decides slots, and how slowly they shrink. */
export interface ScalingSettings {
  readonly policy: ScalingPolicy;
  /** A shrink takes the highest recommendation within this window, in ms; 0 shrinks at once. */
  readonly stabilisationMs: number;
}

/** Why a tenant's slots do not change. */
export type HoldCause = 'unchanged' | 'stabilising' | 'held-back' | 'shrinks-at-interval' | 'stale';

/** The decision on a tenant's slots. */
export type ScalingDecision =
  | {
      readonly kind: 'set';
      readonly change: 'first' | 'grow' | 'shrink';
      /** Null for a first decision. */
      readonly previous: number | null;
      readonly desired: number;
      readonly policy: PolicyName;
      /** Human-readable: the figures behind the decision. */
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

/** A decision, and the state to pass to the next one on the same tenant. */
export interface DecidedSlots {
  readonly decision: ScalingDecision;
  readonly window: RecommendationWindow | null;
}

/**
 * Decides a tenant's slots. A tenant without a decision gets one, even if it is the minimum. While something else keeps
 * its jobs from running it does not grow: additional slots would only wait as well. A pass triggered by added jobs only
 * grows: shrinking twice a second while a producer adds a few jobs would flap. On stale data it holds. Pure: no clock,
 * no I/O.
 * @param window as returned by the previous decision; null before the first, and for a new leader
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
