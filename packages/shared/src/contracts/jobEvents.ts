import { z } from 'zod';
import { jobErrorSchema } from './deadLetter.js';
import { JOB_STATES } from './jobStates.js';

/** Maximum length of a log line in streams, in characters; the rest is cut. */
export const MAX_LOG_LINE = 1_000;

/** Maximum size of a progress value in streams, in characters of JSON; a longer one is reported without its value. */
export const MAX_TOLD_PROGRESS = 2_000;

/** Job events, as processes publish them to each other and to listeners. */
export const jobEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('state'),
    jobId: z.string(),
    tenantId: z.string(),
    queueClass: z.string(),
    state: z.enum(JOB_STATES),
    /** The attempt, from 1; 0 before the first. */
    attempt: z.int(),
    error: jobErrorSchema.optional(),
  }),
  z.object({
    kind: z.literal('progress'),
    jobId: z.string(),
    tenantId: z.string(),
    value: z.unknown(),
    /** The value was too long to publish and is replaced by null. */
    tooLong: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('log'), jobId: z.string(), tenantId: z.string(), line: z.string() }),
  /** States of the tenant's jobs were not delivered: there were too many, or Redis was unavailable. */
  z.object({ kind: z.literal('missed'), tenantId: z.string() }),
]);

/** An event of a job, or a notice that some were missed. */
export type JobEvent = z.infer<typeof jobEventSchema>;
