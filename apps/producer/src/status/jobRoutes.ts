import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import { listJobs } from '@sluice/fleet/postgres/queries/listJobs';
import type { JobHistory, JobRow } from '@sluice/fleet/postgres/queries/readJob';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import { isTerminal } from '@sluice/shared/contracts/jobStates';
import { jobDetailSchema, jobListQuerySchema, jobSummarySchema } from '@sluice/shared/contracts/jobs';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';
import { laneOf, toSummary, toWaitingJob } from './present.js';
import { buildTimeline } from './timeline.js';

/** Dependencies of the job routes. */
export interface JobStatusDeps {
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly estimates: EstimateReader;
  readonly now: () => number;
}

const jobListSchema = z.object({
  jobs: z.array(jobSummarySchema),
  nextCursor: z.uuid().nullable().meta({ description: 'Cursor of the next page; null on the last' }),
});

/** `GET /api/v1/jobs/:id` and `GET /api/v1/jobs`. */
export function addJobRoutes(server: ApiServer, deps: JobStatusDeps): void {
  server.get(
    '/api/v1/jobs/:id',
    {
      config: { access: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'Read a job with its attempts and history',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 200: jobDetailSchema, ...refusals(404) },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const { id } = request.params;
      const history = isId(id) ? await inTenant(deps.ledger, tenantId, (db) => readJob(db, tenantId, id)) : null;
      if (history === null) throw new FleetError('not_found', 'There is no such job.');
      return toDetail(history, deps);
    },
  );
  server.get(
    '/api/v1/jobs',
    {
      config: { access: 'read' },
      schema: {
        tags: ['jobs'],
        summary: "List the tenant's jobs, newest first",
        headers: tenantHeadersSchema,
        querystring: jobListQuerySchema,
        response: { 200: jobListSchema, ...refusals() },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const { since, limit, ...filter } = request.query;
      const wanted = { ...filter, since: since === undefined ? undefined : new Date(since), limit: limit + 1 };
      const found = await inTenant(deps.ledger, tenantId, (db) => listJobs(db, tenantId, wanted));
      const page = found.slice(0, limit);
      return {
        jobs: page.map((job) => toSummary(job, deps.now())),
        nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
}

async function toDetail(history: JobHistory, deps: JobStatusDeps): Promise<z.infer<typeof jobDetailSchema>> {
  const { job } = history;
  const nowMs = deps.now();
  const waits = !isTerminal(job.state) && job.state !== 'active';
  const [estimate, progress] = await Promise.all([
    waits ? deps.estimates.read(laneOf(job), toWaitingJob(job, nowMs)) : null,
    waits ? null : readProgress(job, deps),
  ]);
  return {
    ...toSummary(job, nowMs),
    ...(estimate === null ? {} : { state: estimate.state }),
    position: estimate?.position ?? null,
    estimatedWaitMs: estimate?.estimatedWaitMs ?? null,
    estimatedWaitP90Ms: estimate?.estimatedWaitP90Ms ?? null,
    progress,
    result: job.result ?? null,
    error: job.error,
    timeline: buildTimeline(history),
  };
}

/** Progress is stored in Redis only; null without Redis, or once the lane has removed the job. */
async function readProgress(job: JobRow, { lanes, call }: JobStatusDeps): Promise<unknown> {
  try {
    return await call(() => lanes.progress(laneOf(job), job.queueJobId ?? job.id));
  } catch {
    return null;
  }
}
