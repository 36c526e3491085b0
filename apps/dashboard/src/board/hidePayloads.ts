import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import { classOfLane } from '@sluice/shared/domain/lane';
import { z } from 'zod';

/** Replaces hidden text. */
const HIDDEN = 'hidden; DASHBOARD_SHOW_PAYLOADS=true shows it';

/** The payload-free fields of a job in Bull Board's response. Everything else is dropped or masked. */
const plainJob = z
  .object({
    id: z.unknown(),
    name: z.unknown(),
    timestamp: z.unknown(),
    processedOn: z.unknown(),
    processedBy: z.unknown(),
    finishedOn: z.unknown(),
    attempts: z.unknown(),
    attemptsStarted: z.unknown(),
    stalledCounter: z.unknown(),
    delay: z.unknown(),
    priority: z.unknown(),
    isFailed: z.unknown(),
  })
  .partial();

/** The payload-free options of a job. */
const plainOptions = z
  .object({
    attempts: z.unknown(),
    backoff: z.unknown(),
    delay: z.unknown(),
    jobId: z.unknown(),
    priority: z.unknown(),
    removeOnComplete: z.unknown(),
    removeOnFail: z.unknown(),
    timestamp: z.unknown(),
  })
  .partial();

/** The payload-free fields of a dead letter's note; its error message is hidden. */
const plainNote = z.object({
  jobId: z.string(),
  task: z.string(),
  category: z.string(),
  attempts: z.number(),
  error: z.object({ code: z.string() }),
});

const jobWithPayload = z
  .looseObject({
    data: z.unknown(),
    opts: z.unknown(),
    progress: z.unknown(),
    returnValue: z.unknown(),
    failedReason: z.unknown(),
  })
  .partial();
const queuesBody = z.looseObject({
  queues: z.array(z.looseObject({ name: z.string(), jobs: z.array(jobWithPayload) })),
});
const jobBody = z.looseObject({ job: jobWithPayload });
const schedulersBody = z.looseObject({ schedulers: z.array(z.looseObject({ template: z.unknown() }).partial()) });
const flowBody = z.looseObject({ nodeId: z.unknown() }).partial();

type Params = Readonly<Record<string, unknown>>;

/** How to hide payloads, for each route whose responses contain some. */
const HIDE: Readonly<Record<string, (body: unknown, params: Params) => unknown>> = {
  '/api/queues': (body) => {
    const { queues, ...rest } = queuesBody.parse(body);
    return {
      ...rest,
      queues: queues.map((queue) => ({ ...queue, jobs: queue.jobs.map((job) => hide(job, queue.name)) })),
    };
  },
  '/api/queues/:queueName/:jobId': (body, { queueName }) => {
    const { job, ...rest } = jobBody.parse(body);
    return { ...rest, job: hide(job, String(queueName)) };
  },
  '/api/queues/:queueName/:jobId/logs': (body) =>
    z
      .array(z.unknown())
      .parse(body)
      .map(() => HIDDEN),
  '/api/queues/:queueName/:jobId/flow': (body) => ({
    nodeId: flowBody.parse(body).nodeId,
    isFlowNode: false,
    flowRoot: null,
  }),
  '/api/job-schedulers': (body) => {
    const { schedulers, ...rest } = schedulersBody.parse(body);
    return { ...rest, schedulers: schedulers.map(({ template: _, ...scheduler }) => scheduler) };
  },
};

/** Routes of Bull Board whose responses contain no payload. */
const NO_PAYLOAD = new Set([
  '/api/redis/stats',
  '/api/queues/:queueName/metrics',
  '/api/queues/:queueName/default-job-options',
  '/api/queues/:queueName/workers',
  '/api/queues/:queueName/rate-limit',
  '/api/queues/:queueName/job-data-schema',
]);

/** Whether it is known what a route's response contains; a test checks this for every route of Bull Board. */
export function isKnownRoute(route: string): boolean {
  return Object.hasOwn(HIDE, route) || NO_PAYLOAD.has(route);
}

/** Removes the tenants' payloads from a response of Bull Board: data, results, progress, errors, logs. */
export function hidePayloads(route: string, params: Params, body: unknown): Record<string, unknown> | string {
  const isError = typeof body !== 'object' || body === null || 'error' in body;
  if (isError || !Object.hasOwn(HIDE, route)) return body as Record<string, unknown> | string;
  return HIDE[route]?.(body, params) as Record<string, unknown>;
}

function hide(job: z.infer<typeof jobWithPayload>, lane: string): Record<string, unknown> {
  const note = classOfLane(lane) === DEAD_LETTER_CLASS ? plainNote.safeParse(job.data) : null;
  return {
    ...plainJob.parse(job),
    opts: plainOptions.parse(job.opts ?? {}),
    data: note?.success ? note.data : mask(job.data),
    returnValue: mask(job.returnValue),
    progress: typeof job.progress === 'number' ? job.progress : mask(job.progress),
    failedReason: job.failedReason ? HIDDEN : job.failedReason,
    stacktrace: [],
  };
}

function mask(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  return { hidden: 'DASHBOARD_SHOW_PAYLOADS=true shows it', bytes: Buffer.byteLength(JSON.stringify(value)) };
}
