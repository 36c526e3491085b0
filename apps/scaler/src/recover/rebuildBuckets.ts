import { noteEpochs } from '@sluice/fleet/postgres/queries/redisEpochs';
import { agreeOnEpochs, readEpochs } from '@sluice/fleet/redis/commands/epochs';
import { newId } from '@sluice/shared/ids/ids';
import type { Permit, RecoverDeps, RecoveredRows } from './recoverRows.js';
import type { SweepSums, SweptAll } from './sweepAll.js';
import { sweepAll } from './sweepAll.js';

/** How often it is made sure that the buckets still carry their epochs, in ms. */
const CHECK_EVERY_MS = 2_000;

/** Makes something other than jobs anew in Redis from the ledger, for the tenants of these buckets. Harmless twice. */
export type RestoreStep = (buckets: ReadonlySet<number>) => Promise<unknown>;

/** Dependencies of rebuilding. */
export interface RebuildDeps extends RecoverDeps {
  /** What is restored beside the jobs. */
  readonly restore: readonly RestoreStep[];
  readonly monotonicMs: () => number;
  readonly onPage: (page: RecoveredRows, sums: SweepSums) => void;
}

/** What a rebuild came to. */
export interface Rebuilt extends SweptAll {
  /** Buckets that lost their epoch meanwhile, so that they must be rebuilt again. */
  readonly lostAgain: number;
}

/**
 * Makes Redis hold every unfinished job of these buckets. First each has an epoch in Redis; when every row was seen, and Redis
 * still has that epoch, the ledger notes it. So a process that dies anywhere in between leaves an epoch that the ledger does
 * not know, and the next one begins again; and so does one that finds Redis emptied a second time. Two at once agree on the
 * epochs, and add the same ids.
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
