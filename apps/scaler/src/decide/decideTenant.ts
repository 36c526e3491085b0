import type { ScalingPolicy } from '@sluice/shared/domain/scaling';
import { decideSlots } from '@sluice/shared/domain/scaling';
import type { SeenTenant, SlotChange } from '../tenant.js';

/** Why a tenant is looked at: its turn has come, or somebody just added jobs. */
export type Occasion = 'interval' | 'touched';

/** What becomes of a tenant's slots after a look. */
export type TenantVerdict =
  | { readonly kind: 'set'; readonly change: SlotChange }
  | { readonly kind: 'hold'; readonly because: 'unchanged' | 'unreadable' | 'shrinks-at-interval' };

/**
 * What becomes of a tenant's slots. A tenant without a decision gets one, even when it is the floor. A look that
 * somebody's jobs set off only grows: shrinking twice a second while a producer adds a few jobs would flap.
 */
export function decideTenant(seen: SeenTenant, policy: ScalingPolicy, occasion: Occasion): TenantVerdict {
  if (seen.kind === 'unreadable') return { kind: 'hold', because: 'unreadable' };
  const { tenant, waiting, active } = seen;
  const decision = decideSlots({ waiting, active, current: tenant.current }, policy);
  if (decision.desired === tenant.current) return { kind: 'hold', because: 'unchanged' };
  if (decision.change === 'shrink' && occasion === 'touched') return { kind: 'hold', because: 'shrinks-at-interval' };
  return { kind: 'set', change: { ...decision, tenantId: tenant.id, previous: tenant.current, waiting, active } };
}
