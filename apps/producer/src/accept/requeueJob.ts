import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import { redriveJob } from '@sluice/fleet/postgres/queries/redriveJob';
import { sqlStateOf } from '@sluice/fleet/postgres/sqlState';
import { toLanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import type { SizedJob } from '@sluice/fleet/submit/laneAdder';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { RedisCall } from '../stores/redisCall.js';
import type { AnsweredJob } from './answerAccepted.js';

/** PostgreSQL's `unique_violation`. */
const UNIQUE_VIOLATION = '23505';

/** Dependencies of retrying a dead job. */
export interface RequeueDeps {
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly acceptor: Pick<Acceptor, 'addAgain'>;
}

/**
 * Returns a dead job to its lane under its own id, with new attempts.
 * @returns the job and its state
 * @throws FleetError `not_found`, `wrong_state` when it is not dead, `duplicate_job` when another job uses its
 * dedupeKey
 */
export async function requeueJob(deps: RequeueDeps, tenantId: string, id: string) {
  const { ledger, lanes, call, acceptor } = deps;
  const row = await redrive(ledger, tenantId, id);
  const job: AnsweredJob & SizedJob = { row, bytes: JSON.stringify(row.data).length, ...toLanedJob(row) };
  try {
    await call(() => Promise.all([lanes.removeDeadLetter(tenantId, id), lanes.remove(job.lane, job.job.id)]));
  } catch {
    // Redis is unavailable, so the job stays accepted and the scaler adds it.
    return { job, state: 'accepted' as const };
  }
  return { job, state: await acceptor.addAgain(job) };
}

async function redrive(ledger: Ledger, tenantId: string, id: string) {
  try {
    const row = await inTenant(ledger, tenantId, (db) => redriveJob(db, tenantId, id));
    if (row !== null) return row;
  } catch (error) {
    if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
    throw new ProblemError('duplicate_job', 'An unfinished job has taken the dedupeKey of this one.', {});
  }
  const found = await inTenant(ledger, tenantId, (db) => readJobRow(db, tenantId, id));
  if (found === null) throw new FleetError('not_found', 'There is no such job.');
  throw new FleetError('wrong_state', `The job is ${found.state}; only a dead one can be retried.`);
}
