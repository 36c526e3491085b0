import type { Inserted, NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import type { WrittenRow } from '@sluice/fleet/submit/writeRows';
import { writeRows } from '@sluice/fleet/submit/writeRows';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { BreakerState } from '../stores/breaker.js';
import { afterCall, afterTry, CLOSED, decideCall } from '../stores/breaker.js';
import type { Ledger } from '../stores/ledger.js';
import { createBoundedBatcher } from './boundedBatcher.js';
import { createRoom } from './room.js';

/** Writes accepted jobs, many in one commit. */
export interface LedgerWriter {
  /**
   * Resolves once the row is committed.
   * @throws ProblemError `unavailable`
   */
  write(job: PreparedJob): Promise<Inserted>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Rows that wait for their commit, at most. */
const MOST_WAITING = { items: 20_000, bytes: 64 * 1_024 * 1_024 };

/**
 * Group commit: up to 256 rows, gathered for 2 ms at most, three commits at a time. 32 need not wait for more: of larger ones the
 * jobs of many clients move in step, so that the ledger rests while Redis works, and the other way round.
 */
export function createLedgerWriter(ledger: Ledger, log: Log): LedgerWriter {
  let breaker: BreakerState = CLOSED;
  const insert = (rows: readonly NewJob[]): Promise<Inserted[]> => ledger((db) => insertJobs(db, rows));
  const tellRefused = (err: unknown, rows: number): void =>
    log.error({ err, rows }, 'the ledger refused a batch of jobs; they are written one by one');

  /** Those that gathered behind a commit that got no answer do not wait as long again, each in its turn. */
  async function askUnlessAway(rows: readonly NewJob[]): Promise<readonly WrittenRow[]> {
    const decision = decideCall(breaker, monotonicMs());
    if (decision === 'skip') {
      throw new ProblemError('unavailable', 'The ledger cannot be reached.', { retryAfterSeconds: 1 });
    }
    breaker = afterTry(breaker, monotonicMs());
    try {
      const written = await writeRows(rows, insert, (err) => tellRefused(err, rows.length));
      breaker = afterCall('done', monotonicMs());
      return written;
    } catch (error) {
      if (error instanceof FleetError) breaker = afterCall('silent', monotonicMs());
      throw error;
    }
  }

  const batcher = createBoundedBatcher<PreparedJob, WrittenRow>(createRoom(MOST_WAITING), ({ bytes }) => bytes, {
    maxItems: 256,
    enoughItems: 32,
    maxWaitMs: 2,
    maxFlushes: 3,
    flush: (jobs) => askUnlessAway(jobs.map(({ row }) => row)),
  });

  async function write(job: PreparedJob): Promise<Inserted> {
    const written = await batcher.add(job);
    if (written.kind === 'refused') throw written.error;
    return written;
  }

  return {
    async write(job) {
      const written = await write(job);
      // The job that had the dedupeKey ended between the two statements, so nothing stands in the way any more.
      return written.kind === 'duplicate' && written.jobId === job.row.id ? write(job) : written;
    },
    idle: () => batcher.idle(),
  };
}
