import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { readJobRow } from '@sluice/shared/postgres/queries/readJob';
import { redriveJob } from '@sluice/shared/postgres/queries/redriveJob';
import { sqlStateOf } from '@sluice/shared/postgres/sqlState';
import { toLanedJob } from '@sluice/shared/queue/jobOptions';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';
import type { Acceptor } from './acceptJob.js';
import type { AnsweredJob } from './answerAccepted.js';

/** PostgreSQL's `unique_violation`. */
const UNIQUE_VIOLATION = '23505';

/** What bringing a dead job back rests on. */
export interface RequeueParts {
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly acceptor: Acceptor;
  readonly now: () => number;
}

/**
 * Takes a dead job back to its lane under its own id, with new attempts.
 * @returns the job and the state it is in
 * @throws FleetError `not_found`, `wrong_state` when it is not dead, `duplicate_job` when another took its dedupeKey
 */
export async function requeueJob(parts: RequeueParts, tenantId: string, id: string) {
  const { ledger, lanes, call, acceptor, now } = parts;
  const row = await redrive(ledger, tenantId, id);
  const job: AnsweredJob = { row, ...toLanedJob(row, now()) };
  try {
    await call(() => Promise.all([lanes.unbury(tenantId, id), lanes.remove(job.lane, job.job.id)]));
  } catch {
    // Redis is away, so the job stays accepted and the scaler adds it.
    return { job, state: 'accepted' as const };
  }
  return { job, state: await acceptor.enqueue(row.id, job) };
}

async function redrive(ledger: Ledger, tenantId: string, id: string) {
  try {
    const row = await ledger((db) => redriveJob(db, tenantId, id));
    if (row !== null) return row;
  } catch (error) {
    if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
    throw new ProblemError('duplicate_job', 'An unfinished job has taken the dedupeKey of this one.', {});
  }
  const found = await ledger((db) => readJobRow(db, tenantId, id));
  if (found === null) throw new FleetError('not_found', 'There is no such job.');
  throw new FleetError('wrong_state', `The job is ${found.state}; only a dead one can be tried again.`);
}
