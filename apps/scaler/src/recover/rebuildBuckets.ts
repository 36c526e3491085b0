import { noteEpochs } from '@sluice/fleet/postgres/queries/redisEpochs';
import { agreeOnEpochs, readEpochs } from '@sluice/fleet/redis/commands/epochs';
import { newId } from '@sluice/shared/ids/ids';
import type { Permit, RecoverDeps, RecoveredRows } from './recoverRows.js';
import type { SweepSums, SweptAll } from './sweepAll.js';
import { sweepAll } from './sweepAll.js';

/** Interval of checking that the buckets still have their epochs, in ms. */
const CHECK_EVERY_MS = 2_000;

/** Restores data other than jobs in Redis from the ledger, for the tenants of these buckets. Idempotent. */
export type RestoreStep = (buckets: ReadonlySet<number>) => Promise<unknown>;

/** Dependencies of rebuilding buckets. */
export interface RebuildDeps extends RecoverDeps {
  /** Restores the data other than jobs. */
  readonly restore: readonly RestoreStep[];
  readonly monotonicMs: () => number;
  readonly onPage: (page: RecoveredRows, sums: SweepSums) => void;
}

/** The outcome of a rebuild. */
export interface Rebuilt extends SweptAll {
  /** Buckets that lost their epoch during the rebuild and must be rebuilt again. */
  readonly lostAgain: number;
}

/**
 * Makes Redis hold every unfinished job of these buckets. First each bucket gets an epoch in Redis; once every row has
 * been seen and Redis still has that epoch, the ledger records it. A process that dies anywhere in between leaves an
 * epoch unknown to the ledger, so the next one starts over; so does one that finds Redis emptied again. Two concurrent
 * rebuilds agree on the epochs and add the same ids.
 */
export async function rebuildBuckets(
  buckets: ReadonlySet<number>,
  permit: Permit,
  deps: RebuildDeps,
): Promise<Rebuilt> {
  const { db, redis, keys, monotonicMs } = deps;
  const epochs = await agreeOnEpochs(redis.client, keys, [...buckets], newId());
  const countLost = async (): Promise<number> => {
    const found = await readEpochs(redis.client, keys, buckets);
    return [...epochs].filter(([bucket, epoch]) => found.get(bucket) !== epoch).length;
  };
  let checkedMs = monotonicMs();
  let lostAgain = 0;
  const swept = await sweepAll(
    buckets,
    { holds: () => permit.holds() && lostAgain === 0 },
    deps,
    async (page, sums) => {
      deps.onPage(page, sums);
      if (monotonicMs() - checkedMs < CHECK_EVERY_MS) return;
      checkedMs = monotonicMs();
      lostAgain = await countLost();
    },
  );
  if (!swept.finished) return { ...swept, lostAgain };
  for (const step of deps.restore) await step(buckets);
  lostAgain = await countLost();
  if (lostAgain === 0 && permit.holds()) await noteEpochs(db, epochs);
  return { ...swept, lostAgain };
}
