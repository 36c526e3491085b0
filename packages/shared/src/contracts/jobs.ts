import { z } from 'zod';
import { jobErrorSchema } from './deadLetter.js';
import { ATTEMPT_OUTCOMES, JOB_STATES } from './jobStates.js';
import { momentSchema } from './moment.js';

/** Longest delay of a job: 30 days, in ms. */
export const MAX_DELAY_MS = 30 * 24 * 3_600_000;

/** Maximum size of a job's data, in bytes of JSON; larger payloads belong in object storage. */
export const MAX_DATA_BYTES = 256 * 1_024;

/** Where a job must be stored before it counts as accepted: in PostgreSQL, or in Redis alone. */
export const DURABILITIES = ['ledger', 'redis'] as const;

/** Where a job must be stored before it counts as accepted. */
export type Durability = (typeof DURABILITIES)[number];

/** Body of `POST /api/v1/jobs`. */
export const jobBodySchema = z.strictObject({
  task: z.string().min(1).max(100).meta({ example: 'notifications.webhook' }),
  data: z.unknown().meta({ description: "Checked against the task's schema; at most 256 KiB" }),
  priority: z.int().min(0).max(100).default(50).meta({ description: 'Higher runs sooner' }),
  delayMs: z.int().min(0).max(MAX_DELAY_MS).optional(),
  attempts: z.int().min(1).max(25).optional().meta({ description: 'Maximum attempts, including the first' }),
  timeoutMs: z.int().min(100).max(3_600_000).optional().meta({ description: 'Timeout of an attempt' }),
  dedupeKey: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Refused with 409 while another job with this key is unfinished' }),
  durability: z.enum(DURABILITIES).default('ledger'),
});

/** Body of `POST /api/v1/jobs`. */
export type JobBody = z.infer<typeof jobBodySchema>;

/** Body of `POST /api/v1/jobs/batch`. Each item is validated on its own, so items are not described further here. */
export const jobBatchBodySchema = z.strictObject({ jobs: z.array(z.unknown()).min(1).max(1_000) });

/** Load zone of the lane that a job went to. */
export const ZONES = ['green', 'yellow', 'red', 'shed'] as const;

/** Load zone of a lane. */
export type Zone = (typeof ZONES)[number];

/** Response to an accepted job. */
export const jobAcceptedSchema = z.object({
  id: z.uuid(),
  state: z.enum(JOB_STATES),
  position: z.int().nullable().meta({ description: '1 is next; null when not waiting' }),
  estimatedWaitMs: z.int().nullable(),
  estimatedWaitP90Ms: z.int().nullable().meta({ description: '90th percentile of the wait, in ms' }),
  zone: z.enum(ZONES),
  message: z.string().optional().meta({ description: 'Present when the job is accepted but not yet queued' }),
});

/** Response to an accepted job. */
export type JobAccepted = z.infer<typeof jobAcceptedSchema>;

/** One entry of a job's timeline. */
export const timelineEntrySchema = z.object({
  at: z.iso.datetime(),
  event: z.enum([
    'accepted',
    'queued',
    'attempt_started',
    'attempt_ended',
    'died',
    'redriven',
    'cancel_requested',
    'finished',
  ]),
  attempt: z.int().optional(),
  outcome: z.enum(ATTEMPT_OUTCOMES).optional(),
  state: z.enum(JOB_STATES).optional(),
  worker: z.string().optional(),
  error: jobErrorSchema.optional(),
  retryAt: z.iso.datetime().optional(),
});

/** One entry of a job's timeline. */
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

/** A job in a list. */
export const jobSummarySchema = z.object({
  id: z.uuid(),
  task: z.string(),
  state: z.enum(JOB_STATES),
  priority: z.int(),
  attempts: z.int().meta({ description: 'Attempts started so far' }),
  userId: z.string().nullable(),
  scheduleId: z.uuid().nullable().meta({ description: 'The schedule that created it' }),
  acceptedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  dueAt: z.iso.datetime().nullable().meta({ description: 'When a delayed or retrying job is due' }),
});

/** A job with its attempts and history. */
export const jobDetailSchema = jobSummarySchema.extend({
  position: z.int().nullable(),
  estimatedWaitMs: z.int().nullable(),
  estimatedWaitP90Ms: z.int().nullable(),
  progress: z.unknown(),
  result: z.unknown(),
  error: jobErrorSchema.nullable(),
  timeline: z.array(timelineEntrySchema),
});

/** Query of `GET /api/v1/jobs`. */
export const jobListQuerySchema = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  task: z.string().max(100).optional(),
  since: momentSchema.optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
