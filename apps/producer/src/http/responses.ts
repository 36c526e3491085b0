import { z } from 'zod';
import { PROBLEM_TYPE, problemSchema } from './problem.js';

const PROBLEM_OF = {
  400: 'Not valid',
  401: 'No valid credential',
  403: 'Not allowed',
  404: 'Not found',
  409: 'In conflict with what there is',
  413: 'Too large',
  415: 'Not JSON',
  422: 'The Idempotency-Key was used with another body',
  503: 'Try again after Retry-After seconds',
} as const;

type ProblemStatus = keyof typeof PROBLEM_OF;

type ProblemAnswers = Record<
  ProblemStatus,
  { description: string; content: { [PROBLEM_TYPE]: { schema: typeof problemSchema } } }
>;

/** The refusals of a route, for its schema. Every route with `access` can answer 400, 401, 403 and 503 as well. */
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
  'x-tenant-id': z.string().optional().meta({ description: 'The tenant to act for; for the operator only' }),
});

const idempotencyKey = z.string().optional().meta({
  description: 'Up to 255 printable ASCII characters. The same key and body again gets the same answer, for 24 hours',
});

/** Headers of a route that creates something within a tenant. */
export const creatingHeadersSchema = tenantHeadersSchema.extend({ 'idempotency-key': idempotencyKey });

/** Headers of a route by which the operator creates something. */
export const operatorCreatingHeadersSchema = z.looseObject({ 'idempotency-key': idempotencyKey });

/** An id in a path. What is no UUID is the id of nothing, and answered 404. */
export const idParamsSchema = z.object({ id: z.string().meta({ format: 'uuid' }) });
