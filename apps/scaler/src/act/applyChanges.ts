import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewScalingDecision } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { insertScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Leadership } from '../lead/leaderElection.js';
import type { SlotChange } from '../tenant.js';

/** Changes per statement; PostgreSQL takes at most 65,535 parameters, and a row has eight. */
const CHANGES_PER_STATEMENT = 1_000;

/** Dependencies of applying changes. */
export interface ApplyDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly metrics: Pick<Metrics, 'scalingDecisions' | 'decisionsRefused'>;
  readonly log: Log;
}

/** The outcome of applying changes. */
export interface AppliedChanges {
  readonly made: number;
  /** Refused by buckets where a later leader has written. */
  readonly refused: number;
}

/**
 * Applies slot changes: first the ledger rows that record the reason, then the numbers that the workers follow.
 *
 * A process that dies in between leaves rows of a change that has not happened yet. The next pass finds the old number
 * and the same queue, and decides and records it again: one row too many, but never a change without its reason. The
 * numbers are absolute, so writing one twice is harmless.
 *
 * A deposed leader stops before its next write. One that hung and does not know yet is refused by every bucket, since
 * its successor takes them all before its first pass, and stops there. Its rows stay, under its lower fence, and no
 * number follows them.
 * @returns how many changes were applied and how many were refused; the rest were left to the current leader
 */
export async function applyChanges(
  changes: readonly SlotChange[],
  leadership: Leadership,
  deps: ApplyDeps,
): Promise<AppliedChanges> {
  const made: SlotChange[] = [];
  let refused = 0;
  for (let from = 0; from < changes.length; from += CHANGES_PER_STATEMENT) {
    const batch = changes.slice(from, from + CHANGES_PER_STATEMENT);
    const written = await applyBatch(batch, leadership, deps);
    if (written === null) break;
    made.push(...batch.filter(({ tenantId }) => written.has(tenantId)));
    refused = batch.length - written.size;
    if (refused > 0) break;
  }
  for (const { decision } of made) deps.metrics.scalingDecisions.inc({ change: decision.change });
  if (made.length > 0)
    deps.log.info(
      { component: 'scaling', event: 'slots_changed', changes: made.length, fence: leadership.fence },
      'changed the desired slots of tenants',
    );
  if (refused > 0) tellRefused(refused, leadership, deps);
  return { made: made.length, refused };
}

/** Returns the tenants whose slots were written; null when leadership was lost before. */
async function applyBatch(
  batch: readonly SlotChange[],
  leadership: Leadership,
  { db, redis, keys }: ApplyDeps,
): Promise<Set<string> | null> {
  if (!leadership.holds()) return null;
  await insertScalingDecisions(
    db,
    batch.map((change) => toRow(change, leadership.fence)),
  );
  if (!leadership.holds()) return null;
  const desired = new Map(batch.map(({ tenantId, decision }) => [tenantId, decision.desired]));
  return writeDesiredSlots(redis.client, keys, desired, leadership.fence);
}

function tellRefused(changes: number, { fence }: Leadership, { metrics, log }: ApplyDeps): void {
  metrics.decisionsRefused.inc(changes);
  log.warn(
    { component: 'scaling', event: 'slot_changes_refused', changes, fence },
    'failed to change slots: a newer leader has written',
  );
}

function toRow({ tenantId, waiting, active, decision }: SlotChange, leaderFence: number): NewScalingDecision {
  const { previous, desired, reason, policy } = decision;
  return { tenantId, waiting, active, previous, desired, reason, policy, leaderFence };
}
