import type { Database } from '@sluice/shared/postgres/connect';
import { insertScalingDecisions } from '@sluice/shared/postgres/queries/scalingDecisions';
import { writeDesiredSlots } from '@sluice/shared/redis/commands/writeDesired';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { Leadership } from '../lead/keepLead.js';
import type { SlotChange } from '../tenant.js';

/** Name of the policy in the ledger: the requirement's, by queue length. */
const POLICY = 'queue-length';

/** Changes that are written in one statement; PostgreSQL takes at most 65,535 parameters, and a row has eight. */
const CHANGES_PER_STATEMENT = 1_000;

/** Where changes are written. */
export interface ApplyParts {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
}

/**
 * Makes changes of slots real: first the rows that tell why, then the numbers that the workers follow.
 *
 * A process that dies in between leaves rows of a change that has not happened yet. The next look finds the old number
 * and the same queue, and decides and records it again: a row too many, never a change without its reason. The numbers
 * are absolute, so writing one twice is harmless.
 *
 * A leader that was deposed in the middle stops before its next write; one that is deposed during a write may still
 * write what was right a moment ago, and its successor's first look, which reads all numbers, puts it right.
 * @returns how many changes were made; the rest were left to whoever leads now
 */
export async function applyChanges(
  changes: readonly SlotChange[],
  leadership: Leadership,
  { db, redis, keys }: ApplyParts,
): Promise<number> {
  for (let from = 0; from < changes.length; from += CHANGES_PER_STATEMENT) {
    const batch = changes.slice(from, from + CHANGES_PER_STATEMENT);
    if (!leadership.holds()) return from;
    await insertScalingDecisions(
      db,
      batch.map((change) => toRow(change, leadership.fence)),
    );
    if (!leadership.holds()) return from;
    await writeDesiredSlots(
      redis.client,
      keys,
      new Map(batch.map(({ tenantId, desired }) => [tenantId, desired])),
      leadership.fence,
    );
  }
  return changes.length;
}

function toRow({ tenantId, waiting, active, previous, desired, reason }: SlotChange, leaderFence: number) {
  return { tenantId, waiting, active, previous, desired, reason, policy: POLICY, leaderFence };
}
