import type { SlotChange, TenantDecision } from '../tenant.js';

/** Returns the decisions that change slots. */
export function changesOf(decisions: readonly TenantDecision[]): SlotChange[] {
  return decisions.flatMap(({ decision, ...rest }) => (decision.kind === 'set' ? [{ ...rest, decision }] : []));
}
