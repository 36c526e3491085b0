import type { Database } from '@sluice/fleet/postgres/connect';
import type { ClaimedJob, ClaimRequest } from '@sluice/fleet/postgres/queries/claimJobs';
import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { writeBatch } from '@sluice/fleet/postgres/queries/writeBatch';
import { isDataRefusal } from '@sluice/fleet/postgres/sqlState';
import type { Batcher } from '@sluice/shared/lifecycle/batcher';
import { createBatcher, Refused } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';

/** Batches all of a worker's job writes: concurrent claims and settlements share a commit. */
export interface LedgerBatches {
  /** See `claimJobs`. */
  claim(request: ClaimRequest): Promise<ClaimedJob | null>;
  /** See `settleJobs`. */
  settle(settlement: Settlement): Promise<boolean>;
}

type Write =
  | { readonly kind: 'claim'; readonly id: string; readonly request: ClaimRequest }
  | { readonly kind: 'settle'; readonly id: string; readonly settlement: Settlement };

/** The result of a claim or a settlement. */
type Answer = ClaimedJob | boolean | null;

/**
 * At most 256 jobs per batch, two batches at a time: while they run, the next one fills. Waiting writes are split over
 * both, because jobs that move in lockstep leave the ledger idle while Redis works, and vice versa.
 */
export function createLedgerBatches(db: Database, log: Log): LedgerBatches {
  const batcher: Batcher<Write, Answer> = createBatcher({
    maxItems: 256,
    enoughItems: 24,
    maxWaitMs: 0,
    maxFlushes: 2,
    keyOf: ({ id }) => id,
    flush: (writes) => writeAll(db, writes, log),
  });
  return {
    // Each kind of write has its own result type.
    claim: (request) => batcher.add({ kind: 'claim', id: request.id, request }) as Promise<ClaimedJob | null>,
    settle: (settlement) => batcher.add({ kind: 'settle', id: settlement.id, settlement }) as Promise<boolean>,
  };
}

/**
 * Writes all at once; when the ledger rejects one write, retries each separately, so that none fails because of
 * another.
 */
async function writeAll(db: Database, writes: readonly Write[], log: Log): Promise<(Answer | Refused)[]> {
  try {
    return await writeTogether(db, writes);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    log.error(
      { component: 'ledger', event: 'batch_refused', err: error, jobs: writes.map(({ id }) => id) },
      'failed to write a batch to the ledger: writing its rows one by one',
    );
  }
  return Promise.all(writes.map((write) => writeAlone(db, write)));
}

async function writeTogether(db: Database, writes: readonly Write[]): Promise<Answer[]> {
  const claims = writes.flatMap((write) => (write.kind === 'claim' ? [write.request] : []));
  const settlements = writes.flatMap((write) => (write.kind === 'settle' ? [write.settlement] : []));
  const { claimed, settled } = await writeBatch(db, { claims, settlements });
  const [jobs, taken] = [claimed.values(), settled.values()];
  return writes.map(({ kind }) => (kind === 'claim' ? (jobs.next().value ?? null) : (taken.next().value ?? false)));
}

async function writeAlone(db: Database, write: Write): Promise<Answer | Refused> {
  try {
    if (write.kind === 'claim') return (await claimJobs(db, [write.request]))[0] ?? null;
    return (await settleJobs(db, [write.settlement]))[0] ?? false;
  } catch (error) {
    return new Refused(error);
  }
}
