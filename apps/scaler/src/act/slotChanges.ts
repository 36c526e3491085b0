import type { SlotChange, TenantDecision } from '../tenant.js';

/** The decisions that change something. */
export function changesOf(decisions: readonly TenantDecision[]): SlotChange[] {
  return decisions.flatMap(({ decision, ...rest }) => (decision.kind === 'set' ? [{ ...rest, decision }] : []));
}
