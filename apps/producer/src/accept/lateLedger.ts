import { setTimeout as pause } from 'node:timers/promises';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertLateJobs } from '@sluice/fleet/postgres/queries/insertLateJobs';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../stores/ledger.js';
import { createRoom } from './room.js';

/** Room for a row that will be written once its job is in its lane, or given up; exactly one of the two. */
export interface ReservedRow {
  write(): void;
  release(): void;
}

/** Writes rows of jobs that Redis holds already. */
export interface LateLedger extends Service {
  /**
   * Keeps room for a job's row.
   * @throws ProblemError `unavailable` when too many rows wait for the ledger
   */
  reserve(job: PreparedJob): ReservedRow;
}

/** Rows that wait at most; above that, jobs with `durability: redis` are refused until the ledger is back. */
const MOST_WAITING = { items: 50_000, bytes: 64 * 1_024 * 1_024 };

/** What a row holds beside its job's data, in bytes. */
const ROW_BYTES = 512;

/** Wait between tries while the ledger is away, in ms. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/**
 * The background half of `durability: redis`: the row follows the job, tried again for as long as the ledger is away.
 * What is left when the process must end is written by the worker that runs the job.
 */
export function createLateLedger(ledger: Ledger, log: Log): LateLedger {
  const stopping = new AbortController();
  const room = createRoom(MOST_WAITING);

  async function writeUntilDone(rows: readonly NewJob[]): Promise<undefined[]> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        await ledger((db) => insertLateJobs(db, rows));
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
    maxItems: 1_000,
    maxWaitMs: 20,
    maxFlushes: 1,
    flush: writeUntilDone,
  });
  return {
    name: 'late ledger',
    reserve({ row, bytes }) {
      const rowBytes = bytes + ROW_BYTES;
      if (!room.take(rowBytes)) {
        throw new ProblemError('unavailable', 'Too many jobs wait for the ledger.', { retryAfterSeconds: 2 });
      }
      const release = (): void => room.give(rowBytes);
      return {
        release,
        write() {
          batcher
            .add(row)
            .catch((err: unknown) => log.error({ err, jobId: row.id }, 'the row of a job is left to its worker'))
            .finally(release);
        },
      };
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
