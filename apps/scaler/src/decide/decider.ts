import type { Occasion, ScalingSettings } from '../domain/scaling/decideSlots.js';
import { decideSlots } from '../domain/scaling/decideSlots.js';
import type { LoadMeter } from '../domain/scaling/measureLoad.js';
import { measureLoad } from '../domain/scaling/measureLoad.js';
import type { RecommendationWindow } from '../domain/scaling/stabilise.js';
import type { SeenTenant, TenantDecision } from '../tenant.js';

/** When a pass runs, and under which leadership. */
export interface PassMoment {
  readonly occasion: Occasion;
  /** On a monotonic clock, in ms. */
  readonly atMs: number;
  /** Fencing token of the leadership. */
  readonly fence: number;
}

/** Decides slots in each pass. */
export interface Decider {
  /** Returns a decision for each tenant seen. */
  decide(seen: readonly SeenTenant[], moment: PassMoment): TenantDecision[];
}

/** A tenant's state between passes. */
interface TenantMemory {
  readonly window: RecommendationWindow | null;
  readonly meter: LoadMeter | null;
  /** Whether it was held back at the last full pass. */
  readonly heldBack: boolean;
}

const NOTHING: TenantMemory = { window: null, meter: null, heldBack: false };

/**
 * Keeps the state that decisions depend on between passes: each tenant's window and load. A new leadership clears all
 * of it, since others have decided in between; a full pass that does not find a tenant clears that tenant's.
 */
export function createDecider(settings: ScalingSettings): Decider {
  let memories = new Map<string, TenantMemory>();
  let fence: number | null = null;
  return {
    decide(seen, moment) {
      if (moment.fence !== fence) memories = new Map();
      fence = moment.fence;
      const next = moment.occasion === 'interval' ? new Map<string, TenantMemory>() : memories;
      const decisions = seen.map((one) => {
        const { memory, ...decided } = decideOn(one, memories.get(one.tenant.id) ?? NOTHING, moment, settings);
        next.set(one.tenant.id, memory);
        return decided;
      });
      memories = next;
      return decisions;
    },
  };
}

function decideOn(
  seen: SeenTenant,
  memory: TenantMemory,
  { occasion, atMs }: PassMoment,
  settings: ScalingSettings,
): TenantDecision & { readonly memory: TenantMemory } {
  const { id: tenantId, current } = seen.tenant;
  if (seen.kind === 'unreadable') {
    const { decision } = decideSlots({ kind: 'stale', current }, memory.window, settings);
    return { tenantId, waiting: 0, active: 0, decision, newlyHeldBack: false, memory };
  }
  const { arrivals, ...count } = seen.count;
  const meter = measureLoad(memory.meter, { count: arrivals, serviceMs: count.serviceMs }, atMs);
  const { arrivalsPerSecond, serviceMs } = meter;
  const observation = { ...count, current, arrivalsPerSecond, serviceMs };
  const { decision, window } = decideSlots({ kind: 'counted', occasion, atMs, observation }, memory.window, settings);
  const { waiting, active } = count;
  // Only full passes report it; otherwise an intermittent rate limit would be reported twice a second.
  const isPaused = decision.kind === 'hold' && decision.because === 'held-back';
  const heldBack = occasion === 'interval' ? isPaused : memory.heldBack;
  const newlyHeldBack = heldBack && !memory.heldBack;
  return { tenantId, waiting, active, decision, newlyHeldBack, memory: { window, meter, heldBack } };
}
