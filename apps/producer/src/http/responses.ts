import { z } from 'zod';
import { PROBLEM_TYPE, problemSchema } from './problem.js';

const PROBLEM_OF = {
  400: 'Invalid request',
  401: 'Missing or invalid credential',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict with the current state',
  413: 'Body too large',
  415: 'Body is not JSON',
  422: 'The Idempotency-Key was used with a different request',
  503: 'Temporarily unavailable; retry after Retry-After seconds',
} as const;

type ProblemStatus = keyof typeof PROBLEM_OF;

type ProblemAnswers = Record<
  ProblemStatus,
  { description: string; content: { [PROBLEM_TYPE]: { schema: typeof problemSchema } } }
>;

/** Error responses of a route, for its schema. Every route with `access` can also respond with 400, 401, 403 and 503. */
export function refusals(...statuses: ProblemStatus[]): Partial<ProblemAnswers> {
  const all: ProblemStatus[] = [400, 401, 403, 503, ...statuses];
  return Object.fromEntries(
    all.map((status) => [
      status,
      { description: PROBLEM_OF[status], content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
    ]),
  );
}

/** Headers of a route that works within a tenant. */
export const tenantHeadersSchema = z.looseObject({
  'x-tenant-id': z.string().optional().meta({ description: 'The tenant to act for; operator only' }),
});

const idempotencyKey = z.string().optional().meta({
  description:
    'Up to 255 printable ASCII characters. Repeating a request with the same key and body within 24 hours returns the same response',
});

/** Headers of a route that creates something within a tenant. */
export const creatingHeadersSchema = tenantHeadersSchema.extend({ 'idempotency-key': idempotencyKey });

/** Headers of an operator's route that creates something. */
export const operatorCreatingHeadersSchema = z.looseObject({ 'idempotency-key': idempotencyKey });

/** An id in a path. One that is not a UUID matches nothing and gets a 404. */
export const idParamsSchema = z.object({ id: z.string().meta({ format: 'uuid' }) });
