import { resultOf } from '@sluice/fleet/feed/jobResult';
import type { PresentJob } from '@sluice/fleet/postgres/queries/findPresent';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import { ga4ReportBodySchema, ga4ReportQueuedSchema, ga4ReportResultSchema } from '@sluice/ga4';
import type { JobAccepted } from '@sluice/shared/contracts/jobs';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import { waitText } from '@sluice/shared/domain/waitText';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { creatingHeadersSchema, refusals } from '../http/responses.js';
import type { DirectAnswers } from './ga4Direct.js';
import type { TaskChecks } from './ga4Properties.js';
import type { SubmitDeps } from './submitRoutes.js';
import { toSubmission } from './submitRoutes.js';

/** Dependencies of the report route. */
export interface Ga4ReportDeps extends SubmitDeps {
  readonly direct: DirectAnswers;
  readonly checks: TaskChecks;
}

/**
 * `POST /api/v1/ga4/reports`: the rows when the quota allows an immediate call, else a position in the queue. Either
 * way it is a job: if it dies while the request waits, the response is its error.
 */
export function addGa4ReportRoute(server: ApiServer, deps: Ga4ReportDeps): void {
  const { acceptor, answerAccepted, direct, checks, tasks, noteUse } = deps;
  const closing = new AbortController();
  server.addHook('preClose', async () => closing.abort());
  server.post(
    '/api/v1/ga4/reports',
    {
      config: { access: 'submit', creates: true },
      schema: {
        tags: ['ga4'],
        summary: 'Run a report of a Google Analytics 4 property, at once or from the queue',
        headers: creatingHeadersSchema,
        body: ga4ReportBodySchema,
        response: { 200: ga4ReportResultSchema, 202: ga4ReportQueuedSchema, ...refusals(409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { priority, dedupeKey, durability, ...data } = request.body;
      const submission = await noteUse(toSubmission(request, request.seed), 1);
      const job = {
        task: 'ga4.run_report',
        data,
        priority,
        durability,
        ...(dedupeKey === undefined ? {} : { dedupeKey }),
      };
      const prepared = prepareJob(submission, jobBodySchema.parse(job), tasks);
      // Checked here first, so that the error points at this route's own field.
      await checks.get(prepared.row.task)?.(prepared.row, '/propertyId');
      const acceptance = await acceptor.accept(prepared);
      reply.header('location', `/api/v1/jobs/${prepared.row.id}`);
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const gone = AbortSignal.any([left.signal, closing.signal]);
      const end = await direct.awaitEnd(prepared, acceptance, gone);
      if (end !== null) {
        return reply.code(200).header('x-queue', 'direct').send(reportOf(end));
      }
      const pausedMs = await direct.pausedMs(prepared);
      return answerAccepted(reply, prepared, acceptance, (accepted) => inWords(accepted, pausedMs));
    },
  );
}

/** @throws ProblemError the error that killed the job, with the job's id */
function reportOf(end: PresentJob): z.infer<typeof ga4ReportResultSchema> {
  try {
    return ga4ReportResultSchema.parse(resultOf(end));
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    throw new ProblemError(error.code, error.message, { members: { jobId: end.id } });
  }
}

/**
 * The usual response to an accepted job without its zone, plus the wait in words.
 * @param pausedMs how long the report's property stays paused: the report waits at least this long, whatever its
 * position
 */
function inWords({ zone: _zone, ...accepted }: JobAccepted, pausedMs: number): z.infer<typeof ga4ReportQueuedSchema> {
  const longer = (waitMs: number | null): number | null => (waitMs === null ? null : Math.max(waitMs, pausedMs));
  const { estimatedWaitMs, estimatedWaitP90Ms, ...rest } = accepted;
  const waits = { estimatedWaitMs: longer(estimatedWaitMs), estimatedWaitP90Ms: longer(estimatedWaitP90Ms) };
  return { ...rest, ...waits, message: waitText({ ...rest, ...waits }) };
}
