import type { Batcher } from '@sluice/shared/lifecycle/batcher';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Database } from '@sluice/shared/postgres/connect';
import type { ClaimedJob, ClaimRequest } from '@sluice/shared/postgres/queries/claimJobs';
import { claimJobs } from '@sluice/shared/postgres/queries/claimJobs';
import type { Settlement } from '@sluice/shared/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/shared/postgres/queries/settleJobs';
import { takeTurn } from '@sluice/shared/postgres/queries/takeTurn';
import { isDataRefusal } from '@sluice/shared/postgres/sqlState';

/** All that a worker writes of its jobs, gathered: claims and settlements of one moment share a commit. */
export interface LedgerTurns {
  /** See `claimJobs`. */
  claim(request: ClaimRequest): Promise<ClaimedJob | null>;
  /** See `settleJobs`. */
  settle(settlement: Settlement): Promise<boolean>;
}

type Write =
  | { readonly kind: 'claim'; readonly id: string; readonly request: ClaimRequest }
  | { readonly kind: 'settle'; readonly id: string; readonly settlement: Settlement };

type Answer =
  | { readonly kind: 'claimed'; readonly job: ClaimedJob | null }
  | { readonly kind: 'settled'; readonly taken: boolean }
  /** This one could not be written, though its neighbours could. */
  | { readonly kind: 'refused'; readonly error: unknown };

/** At most 256 jobs a turn, two turns at a time: while they are under way, the next gathers. */
export function createLedgerTurns(db: Database, log: Log): LedgerTurns {
  const batcher: Batcher<Write, Answer> = createBatcher({
    maxItems: 256,
    maxWaitMs: 0,
    maxFlushes: 2,
    keyOf: ({ id }) => id,
    flush: (writes) => writeAll(db, writes, log),
  });
  return {
    async claim(request) {
      const answer = await batcher.add({ kind: 'claim', id: request.id, request });
      if (answer.kind === 'refused') throw answer.error;
      return answer.kind === 'claimed' ? answer.job : null;
    },
    async settle(settlement) {
      const answer = await batcher.add({ kind: 'settle', id: settlement.id, settlement });
      if (answer.kind === 'refused') throw answer.error;
      return answer.kind === 'settled' && answer.taken;
    },
  };
}

/** Writes all at once; when the ledger refuses what one holds, each by itself, so that nobody waits for another's. */
async function writeAll(db: Database, writes: readonly Write[], log: Log): Promise<Answer[]> {
  try {
    return await writeTogether(db, writes);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    log.error({ err: error, jobs: writes.map(({ id }) => id) }, 'the ledger refused a batch of writes');
  }
  return Promise.all(writes.map((write) => writeAlone(db, write)));
}

async function writeTogether(db: Database, writes: readonly Write[]): Promise<Answer[]> {
  const claims = writes.flatMap((write) => (write.kind === 'claim' ? [write.request] : []));
  const settlements = writes.flatMap((write) => (write.kind === 'settle' ? [write.settlement] : []));
  const { claimed, settled } = await takeTurn(db, { claims, settlements });
  const [jobs, taken] = [claimed.values(), settled.values()];
  return writes.map(({ kind }) =>
    kind === 'claim'
      ? { kind: 'claimed', job: jobs.next().value ?? null }
      : { kind: 'settled', taken: taken.next().value ?? false },
  );
}

async function writeAlone(db: Database, write: Write): Promise<Answer> {
  try {
    if (write.kind === 'claim') return { kind: 'claimed', job: (await claimJobs(db, [write.request]))[0] ?? null };
    return { kind: 'settled', taken: (await settleJobs(db, [write.settlement]))[0] ?? false };
  } catch (error) {
    return { kind: 'refused', error };
  }
}
