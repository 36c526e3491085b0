import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import { createBatchOrder } from '@sluice/fleet/submit/batchOrder';
import type { NoteUse } from '@sluice/fleet/submit/noteUse';
import type { PreparedJob, Submission } from '@sluice/fleet/submit/prepareJob';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { jobAcceptedSchema, jobBatchBodySchema, jobBodySchema } from '@sluice/shared/contracts/jobs';
import { ERROR_CODES } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { toInvalidRequest } from '@sluice/shared/errors/toInvalidRequest';
import { idOfSeed } from '@sluice/shared/ids/ids';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { toProblem } from '../http/problem.js';
import { traceparentOf } from '../http/requestSpans.js';
import { creatingHeadersSchema, refusals } from '../http/responses.js';
import type { AnswerAccepted } from './answerAccepted.js';

const batchResultSchema = z.object({
  status: z.int().meta({ description: 'As if the job had been submitted on its own' }),
  id: z.uuid().optional(),
  code: z.enum(ERROR_CODES).optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
});

type BatchResult = z.infer<typeof batchResultSchema>;

/** Dependencies of submitting. */
export interface SubmitDeps {
  readonly acceptor: Pick<Acceptor, 'accept'>;
  readonly answerAccepted: AnswerAccepted;
  readonly tasks: TaskCatalogue;
  readonly noteUse: NoteUse;
}

/** `POST /api/v1/jobs` and `POST /api/v1/jobs/batch`. */
export function addSubmitRoutes(server: ApiServer, { acceptor, answerAccepted, tasks, noteUse }: SubmitDeps): void {
  server.post(
    '/api/v1/jobs',
    {
      config: { access: 'submit', creates: true },
      schema: {
        tags: ['jobs'],
        summary: 'Submit a job',
        headers: creatingHeadersSchema,
        body: jobBodySchema,
        response: { 202: jobAcceptedSchema, ...refusals(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const submission = await noteUse(toSubmission(request, request.seed), 1);
      const prepared = prepareJob(submission, request.body, tasks);
      const acceptance = await acceptor.accept({ ...prepared, asksPlace: true });
      reply.header('location', `/api/v1/jobs/${prepared.row.id}`);
      return answerAccepted(reply, prepared, acceptance);
    },
  );
  server.post(
    '/api/v1/jobs/batch',
    {
      config: { access: 'submit', creates: true },
      schema: {
        tags: ['jobs'],
        summary: 'Submit up to 1000 jobs, each accepted or refused on its own',
        headers: creatingHeadersSchema,
        body: jobBatchBodySchema,
        response: { 207: z.object({ results: z.array(batchResultSchema) }), ...refusals(413, 415, 422) },
      },
    },
    (request, reply) => submitBatch(request, reply, { jobs: request.body.jobs, acceptor, tasks, noteUse }),
  );
}

async function submitBatch(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    jobs,
    acceptor,
    tasks,
    noteUse,
  }: { readonly jobs: readonly unknown[] } & Pick<SubmitDeps, 'acceptor' | 'tasks' | 'noteUse'>,
): Promise<FastifyReply> {
  let unavailable: FleetError | null = null;
  const first = await noteUse(toSubmission(request, request.seed), jobs.length);
  const nextTicket = createBatchOrder();
  const results = await Promise.all(
    jobs.map(async (body, index): Promise<BatchResult> => {
      try {
        const recentJobs = first.recentJobs + index;
        const submission = { ...first, id: idOfSeed(request.seed, index), recentJobs };
        const prepared = prepareBatchJob(submission, body, tasks);
        await acceptor.accept(prepared, nextTicket());
        return { status: 202, id: prepared.row.id };
      } catch (error) {
        if (error instanceof FleetError && error.code === 'unavailable') unavailable = error;
        return toBatchRefusal(error, request.id);
      }
    }),
  );
  // Not the batch's final response: repeating the request yields the same ids for the jobs already accepted.
  if (unavailable !== null) request.settled = false;
  if (unavailable !== null && results.every(({ status }) => status === 503)) throw unavailable;
  if (unavailable !== null) reply.headers(toProblem(unavailable, request.id).headers);
  return reply.code(207).send({ results });
}

function prepareBatchJob(submission: Submission, body: unknown, tasks: TaskCatalogue): PreparedJob {
  const parsed = jobBodySchema.safeParse(body);
  if (!parsed.success) throw toInvalidRequest('The job is not valid.', parsed.error);
  const job: JobBody = parsed.data;
  return prepareJob(submission, job, tasks);
}

function toBatchRefusal(error: unknown, requestId: string): BatchResult {
  const { status, code, body } = toProblem(error, requestId);
  const errors = z.array(z.object({ pointer: z.string(), message: z.string() })).safeParse(body.errors);
  return { status, code, detail: String(body.detail), ...(errors.success ? { errors: errors.data } : {}) };
}

/** The submission, with the submitter that the request's credential identifies. */
export function toSubmission(request: FastifyRequest, id: string): Submission {
  const { tenantId, role, submitter, priorityRules } = tenantCallerOf(request);
  return { id, tenantId, role, submitter, traceparent: traceparentOf(request), priorityRules, recentJobs: 0 };
}
