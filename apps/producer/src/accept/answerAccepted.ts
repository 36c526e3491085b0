import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { OutlookReader } from '@sluice/shared/outlook/outlook';
import { readJobRow } from '@sluice/shared/postgres/queries/readJob';
import type { LanedJob } from '@sluice/shared/queue/jobOptions';
import type { FastifyReply } from 'fastify';
import { shownState } from '../outlook/shownState.js';
import type { Ledger } from '../stores/ledger.js';
import type { Acceptance } from './acceptJob.js';

/** A job that is accepted, as far as its answer needs it. */
export interface AnsweredJob extends LanedJob {
  readonly row: { readonly id: string; readonly tenantId: string; readonly priority: number };
}

/** Answers 202 with state, place and estimate of a job that is accepted. */
export type AnswerAccepted = (reply: FastifyReply, job: AnsweredJob, acceptance: Acceptance) => Promise<FastifyReply>;

/** Makes the answer to an accepted job. */
export function createAnswerAccepted(outlooks: OutlookReader, ledger: Ledger, now: () => number): AnswerAccepted {
  async function stateOf({ row }: AnsweredJob, acceptance: Acceptance): Promise<JobState> {
    if (acceptance.kind === 'new') return acceptance.state;
    const known = await ledger((db) => readJobRow(db, row.tenantId, row.id));
    return known === null ? 'accepted' : shownState(known, now());
  }
  return async (reply, job, acceptance) => {
    const state = await stateOf(job, acceptance);
    const { id, delayMs } = job.job;
    const dueInMs = state === 'delayed' ? delayMs : 0;
    const outlook = await outlooks.read(job.lane, { id, state, priority: job.row.priority, dueInMs });
    return reply.code(202).send({ id: job.row.id, state, ...outlook });
  };
}
