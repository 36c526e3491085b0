import { tenantRoleSchema } from '@sluice/shared/contracts/identity';
import { jobBodySchema, jobSummarySchema } from '@sluice/shared/contracts/jobs';
import { z } from 'zod';

/** Maximum number of schedules per tenant. */
export const MAX_SCHEDULES = 1_000;

/** Minimum interval, in ms; a cron expression cannot run more than once a second either. */
const MIN_EVERY_MS = 1_000;

/** Maximum interval: a year, in ms. */
const MAX_EVERY_MS = 366 * 24 * 3_600_000;

const { task, data, priority, attempts, timeoutMs } = jobBodySchema.shape;

const timezoneSchema = z
  .string()
  .max(64)
  .refine(isTimezone, { error: 'Must be an IANA time zone, such as Europe/Berlin' })
  .meta({ description: 'IANA time zone of the cron expression; UTC by default', example: 'Europe/Berlin' });

/** Body of `POST /api/v1/schedules`. `cron` is validated later, with the queue's own parser. */
export const scheduleBodySchema = z
  .strictObject({
    task,
    data,
    cron: z.string().min(1).max(200).optional().meta({
      description: 'Five fields (minute hour day-of-month month day-of-week), or six with seconds first',
      example: '30 6 * * 1-5',
    }),
    timezone: timezoneSchema.optional(),
    everyMs: z.int().min(MIN_EVERY_MS).max(MAX_EVERY_MS).optional().meta({
      description: 'Instead of cron: runs at multiples of this interval after its creation',
    }),
    priority,
    attempts,
    timeoutMs,
  })
  .superRefine(({ cron, timezone, everyMs }, { addIssue }) => {
    const refuse = (field: string, message: string): void => addIssue({ code: 'custom', path: [field], message });
    if (cron === undefined && everyMs === undefined) refuse('cron', 'Give either cron or everyMs');
    if (cron !== undefined && everyMs !== undefined) refuse('everyMs', 'Give either cron or everyMs, not both');
    if (cron === undefined && timezone !== undefined) refuse('timezone', 'Is only valid with cron');
  });

/** Body of `POST /api/v1/schedules`. */
export type ScheduleBody = z.infer<typeof scheduleBodySchema>;

/** A schedule in a list. */
export const scheduleSummarySchema = z.object({
  id: z.uuid(),
  task: z.string(),
  cron: z.string().nullable(),
  timezone: z.string().nullable().meta({ description: 'Time zone of the cron expression' }),
  everyMs: z.int().nullable(),
  priority: z.int(),
  attempts: z.int(),
  timeoutMs: z.int(),
  role: tenantRoleSchema.meta({ description: 'Role of its creator; its jobs run with the priority of this role' }),
  userId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  nextRunAt: z.iso.datetime().nullable().meta({
    description: 'When the next job is due; null while unknown, such as when Redis is unavailable',
  }),
});

/** A schedule in full. */
export const scheduleSchema = scheduleSummarySchema.extend({
  data: z.unknown(),
  lastJob: jobSummarySchema.nullable().meta({
    description: "Its latest job; null when none is among the tenant's newest 10,000 jobs",
  }),
});

/** Query of `GET /api/v1/schedules`. */
export const scheduleListQuerySchema = z.strictObject({
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/**
 * Names only: some versions of Node.js also accept offsets such as "+02:00", which the queue's parser reads
 * differently.
 */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
