import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewScalingDecision } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { insertScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import type { Leadership } from '../lead/leaderElection.js';
import type { TenantDecision } from '../tenant.js';

/** Rows per statement; PostgreSQL takes at most 65,535 parameters, and a row has eight. */
const ROWS_PER_STATEMENT = 1_000;

/**
 * Records once, when it begins, why a waiting tenant does not grow: a decision that changes nothing but that operators
 * look for. If the process dies first, its successor records it, having not seen it before.
 */
export async function recordHeldBack(
  decisions: readonly TenantDecision[],
  leadership: Leadership,
  db: Database,
): Promise<void> {
  const rows = decisions.filter(({ newlyHeldBack }) => newlyHeldBack).flatMap((one) => toRows(one, leadership.fence));
  for (let from = 0; from < rows.length && leadership.holds(); from += ROWS_PER_STATEMENT) {
    await insertScalingDecisions(db, rows.slice(from, from + ROWS_PER_STATEMENT));
  }
}

function toRows({ tenantId, waiting, active, decision }: TenantDecision, leaderFence: number): NewScalingDecision[] {
  const { desired, reason, policy } = decision;
  return desired === null
    ? []
    : [{ tenantId, waiting, active, previous: desired, desired, reason, policy, leaderFence }];
}
