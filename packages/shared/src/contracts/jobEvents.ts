import { z } from 'zod';
import { jobErrorSchema } from './deadLetter.js';
import { JOB_STATES } from './jobStates.js';

/** Longest line of a job's log that streams carry, in characters; the rest is cut. */
export const MAX_LOG_LINE = 1_000;

/** Longest progress that streams carry, in characters of its JSON; of a longer one only that there is one is told. */
export const MAX_TOLD_PROGRESS = 2_000;

/** What happens to jobs, as processes tell it to each other and to those who listen. */
export const jobEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('state'),
    jobId: z.string(),
    tenantId: z.string(),
    queueClass: z.string(),
    state: z.enum(JOB_STATES),
    /** The start that it was, from 1; 0 before the first. */
    attempt: z.int(),
    error: jobErrorSchema.optional(),
  }),
  z.object({
    kind: z.literal('progress'),
    jobId: z.string(),
    tenantId: z.string(),
    value: z.unknown(),
    /** The value was too long to be told; null stands for it. */
    tooLong: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('log'), jobId: z.string(), tenantId: z.string(), line: z.string() }),
  /** States of the tenant's jobs were lost on their way: there were too many, or Redis was away. */
  z.object({ kind: z.literal('missed'), tenantId: z.string() }),
]);

/** What happens to a job, or that it cannot be told. */
export type JobEvent = z.infer<typeof jobEventSchema>;
