import type { Occasion, ScalingDecision } from '@sluice/shared/domain/scaling/decideSlots';
import { decideSlots } from '@sluice/shared/domain/scaling/decideSlots';
import type { QueueLengthPolicy } from '@sluice/shared/domain/scaling/policy';
import type { SeenTenant, SlotChange } from '../tenant.js';

/** What becomes of a tenant's slots after a look. */
export type TenantVerdict =
  | { readonly kind: 'set'; readonly change: SlotChange }
  | Extract<ScalingDecision, { readonly kind: 'hold' }>;

/** What becomes of a tenant's slots. */
export function decideTenant(
  seen: SeenTenant,
  policy: Omit<QueueLengthPolicy, 'kind'>,
  occasion: Occasion,
): TenantVerdict {
  const { tenant } = seen;
  const settings = { policy: { kind: 'queue-length', ...policy }, stabilisationMs: 0 } as const;
  if (seen.kind === 'unreadable') {
    return decideSlots({ kind: 'stale', current: tenant.current }, null, settings).decision as TenantVerdict;
  }
  const { waiting, active } = seen;
  const unknown = { arrivalsPerSecond: null, serviceMs: null, oldestWaitMs: null, heldBack: 'none' } as const;
  const observation = { waiting, active, current: tenant.current, ...unknown };
  const { decision } = decideSlots({ kind: 'counted', occasion, atMs: 0, observation }, null, settings);
  if (decision.kind === 'hold') return decision;
  const { previous, desired, change, reason } = decision;
  return { kind: 'set', change: { tenantId: tenant.id, previous, desired, change, reason, waiting, active } };
}
