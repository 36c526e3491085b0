import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Api } from './api.js';
import { mapBounded } from './mapBounded.js';
import type { PlannedJob } from './plan.js';
import { toBatches } from './plan.js';
import type { Keys } from './tenants.js';

/** A job that the producer said it took. */
export interface AcceptedJob {
  readonly id: string;
  readonly tenantId: string;
  /** Whether it goes to the endpoint that always fails. */
  readonly broken: boolean;
}

/** What submitting needs. */
export interface SubmitParts {
  readonly api: Api;
  readonly keys: Keys;
  readonly receiverUrl: string;
  /** Told of every accepted job. */
  readonly onAccepted: (job: AcceptedJob) => void;
}

/** Requests under way at a time. */
const CONCURRENCY = 8;

/** Below the API's limit of 1 MiB for a body, with room for the rest of it. */
const BATCH = { maxJobs: 100, maxBytes: 900_000 };

const acceptedSchema = z.object({ id: z.uuid() });
const batchSchema = z.object({
  results: z.array(z.object({ status: z.int(), id: z.uuid().optional(), code: z.string().optional() })),
});

/** Submits every job over HTTP with its user's key, the way it is planned. Resolves when all are accepted. */
export async function submitJobs(jobs: readonly PlannedJob[], parts: SubmitParts): Promise<void> {
  const batched = jobs.filter(({ by }) => by === 'batch');
  const sizeOf = (job: PlannedJob): number => Buffer.byteLength(JSON.stringify(bodyOf(job, parts.receiverUrl)));
  const requests = [
    ...toBatches(batched, sizeOf, BATCH).map((batch) => () => submitBatch(batch, parts)),
    ...jobs.filter(({ by }) => by === 'single').map((job) => () => submitOne(job, parts)),
  ];
  await mapBounded(requests, CONCURRENCY, (request) => request());
}

function bodyOf({ tenantId, event, payload, broken }: PlannedJob, receiverUrl: string): object {
  const url = `${receiverUrl}/${broken ? 'broken' : 'hooks'}/${tenantId}`;
  return { task: 'notifications.webhook', data: { url, event, payload } };
}

async function submitOne(job: PlannedJob, { api, keys, receiverUrl, onAccepted }: SubmitParts): Promise<void> {
  const { body } = await api({
    method: 'POST',
    path: '/api/v1/jobs',
    key: keys.get(job.tenantId)?.[job.role] ?? '',
    body: bodyOf(job, receiverUrl),
    idempotencyKey: randomUUID(),
  });
  onAccepted({ id: acceptedSchema.parse(body).id, tenantId: job.tenantId, broken: job.broken });
}

async function submitBatch(batch: readonly PlannedJob[], parts: SubmitParts): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { body } = await parts.api({
    method: 'POST',
    path: '/api/v1/jobs/batch',
    key: parts.keys.get(first.tenantId)?.[first.role] ?? '',
    body: { jobs: batch.map((job) => bodyOf(job, parts.receiverUrl)) },
    idempotencyKey: randomUUID(),
  });
  const { results } = batchSchema.parse(body);
  for (const [index, job] of batch.entries()) {
    const { status, id, code } = results[index] ?? { status: 0 };
    if (id !== undefined) parts.onAccepted({ id, tenantId: job.tenantId, broken: job.broken });
    else if (status === 429 || status === 503) await submitOne(job, parts);
    else throw new Error(`a job of a batch was answered ${status} ${code ?? ''}`);
  }
}
