import { setTimeout as pause } from 'node:timers/promises';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Database } from '@sluice/shared/postgres/connect';
import { fillAdoptedJobs } from '@sluice/shared/postgres/queries/fillAdoptedJobs';
import type { NewJob } from '@sluice/shared/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/shared/postgres/queries/insertJobs';
import type { Ledger } from '../stores/ledger.js';

/** Writes rows of jobs that Redis holds already. */
export interface LateLedger extends Service {
  /** Whether there is room for another row. */
  hasRoom(): boolean;
  write(row: NewJob): void;
}

/** Rows that wait at most; above that, jobs with `durability: redis` are refused until the ledger is back. */
const MAX_WAITING = 10_000;

/** Wait between tries while the ledger is away, in ms. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/**
 * The background half of `durability: redis`: the row follows the job, tried again for as long as the ledger is away.
 * What is left when the process must end is written by the worker that runs the job.
 */
export function createLateLedger(ledger: Ledger, log: Log): LateLedger {
  const stopping = new AbortController();
  let waiting = 0;

  async function writeUntilDone(rows: readonly NewJob[]): Promise<undefined[]> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        await ledger((db) => writeRows(db, rows));
        return rows.map(() => undefined);
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        if (stopping.signal.aborted) throw error;
        log.warn({ err: error, rows: rows.length }, 'rows of jobs that are in their lanes wait for the ledger');
        await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const batcher = createBatcher<NewJob, undefined>({
    maxItems: 256,
    maxWaitMs: 2,
    maxFlushes: 1,
    flush: writeUntilDone,
  });
  return {
    name: 'late ledger',
    hasRoom: () => waiting < MAX_WAITING,
    write(row) {
      waiting++;
      batcher
        .add(row)
        .catch((err: unknown) => log.error({ err, jobId: row.id }, 'the row of a job is left to its worker'))
        .finally(() => {
          waiting--;
        });
    },
    async start() {
      return undefined;
    },
    async stop(deadline) {
      const giveUp = (): void => stopping.abort();
      if (deadline.aborted) giveUp();
      deadline.addEventListener('abort', giveUp, { once: true });
      await batcher.idle();
    },
  };
}

/** A worker may have been faster: it wrote what it could see of the job, and the rest is filled in. */
async function writeRows(db: Database, rows: readonly NewJob[]): Promise<void> {
  const written = await insertJobs(db, rows);
  await fillAdoptedJobs(
    db,
    rows.filter((_, index) => written[index]?.kind === 'known'),
  );
}
