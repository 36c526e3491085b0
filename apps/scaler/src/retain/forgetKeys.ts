import type { Database } from '@sluice/fleet/postgres/connect';
import { forgetIdempotencyKeys } from '@sluice/fleet/postgres/queries/idempotency';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Leadership } from '../lead/leaderElection.js';

/** Keys deleted per statement, so that none holds its locks for long. */
const KEYS_PER_STATEMENT = 5_000;

/** Maximum statements per call: a backlog larger than half a million keys is left to the next one. */
const MAX_STATEMENTS = 100;

/** Deletes idempotency keys older than their 24 hours, while this process leads; returns how many. */
export async function forgetKeys(leadership: Leadership, db: Database, log: Log): Promise<number> {
  let forgotten = 0;
  for (let statement = 0; statement < MAX_STATEMENTS && leadership.holds(); statement++) {
    const deleted = await forgetIdempotencyKeys(db, KEYS_PER_STATEMENT);
    forgotten += deleted;
    if (deleted < KEYS_PER_STATEMENT) break;
  }
  if (forgotten > 0)
    log.info(
      { component: 'retention', event: 'idempotency_keys_deleted', keys: forgotten },
      'deleted expired idempotency keys',
    );
  return forgotten;
}
