import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { LanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { Acceptance } from '@sluice/fleet/submit/acceptancePaths';
import type { EstimateReader, SeenEstimate } from '@sluice/fleet/wait/waitEstimates';
import { describeEstimate } from '@sluice/fleet/wait/waitEstimates';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { JobAccepted } from '@sluice/shared/contracts/jobs';
import type { FastifyReply } from 'fastify';
import { shownState } from '../wait/shownState.js';

/** The fields of an accepted job that its response needs. */
export interface AnsweredJob extends LanedJob {
  readonly row: { readonly id: string; readonly tenantId: string; readonly priority: number };
}

/** Responds 202 with an accepted job's state, position and wait estimate; `inWords` maps that to another body. */
export type AnswerAccepted = (
  reply: FastifyReply,
  job: AnsweredJob,
  acceptance: Acceptance,
  inWords?: (answer: JobAccepted) => object,
) => Promise<FastifyReply>;

/** The message for a job that Redis does not hold yet. */
const NOT_YET_QUEUED =
  'The job is accepted and will not be lost. It is not queued yet: it will be as soon as the queue accepts jobs again.';

/** Creates the function that responds to an accepted job. */
export function createAnswerAccepted(estimates: EstimateReader, ledger: Ledger, now: () => number): AnswerAccepted {
  async function stateOf({ row }: AnsweredJob, acceptance: Acceptance): Promise<JobState> {
    if (acceptance.kind === 'new') return acceptance.state;
    const known = await inTenant(ledger, row.tenantId, (db) => readJobRow(db, row.tenantId, row.id));
    return known === null ? 'accepted' : shownState(known, now());
  }

  /** A job that was not added to its lane has no position, so this skips the lookup. */
  async function estimateOf(job: AnsweredJob, acceptance: Acceptance): Promise<SeenEstimate> {
    const state = await stateOf(job, acceptance);
    const { id, delayMs } = job.job;
    const waiting = { id, state, priority: job.row.priority, dueInMs: state === 'delayed' ? delayMs : 0 };
    if (acceptance.kind === 'new' && state === 'accepted') return { ...describeEstimate(waiting, null, null), state };
    // Not in the lane it was just added to: the read overtook the add, or a worker already claimed it. Read again.
    if (acceptance.kind === 'known' || acceptance.seen === null || acceptance.seen.place?.kind === 'elsewhere') {
      return estimates.read(job.lane, waiting);
    }
    return estimates.describe(acceptance.seen, waiting);
  }

  return async (reply, job, acceptance, inWords = (answer) => answer) => {
    const { state, ...estimate } = await estimateOf(job, acceptance);
    const note = state === 'accepted' ? { message: NOT_YET_QUEUED } : {};
    const answer: JobAccepted = { id: job.row.id, state, ...estimate, ...note };
    // Typed above and serialised here: validating it against its schema again would cost more than the rest.
    return reply
      .code(202)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(inWords(answer)));
  };
}
