import { tenantRoleSchema } from '@sluice/shared/contracts/identity';
import { jobBodySchema, jobSummarySchema } from '@sluice/shared/contracts/jobs';
import { z } from 'zod';

/** Schedules that a tenant may have. */
export const MAX_SCHEDULES = 1_000;

/** Shortest interval, in ms; a cron expression cannot ask for more than one run a second either. */
const MIN_EVERY_MS = 1_000;

/** Longest interval: a year, in ms. */
const MAX_EVERY_MS = 366 * 24 * 3_600_000;

const { task, data, priority, attempts, timeoutMs } = jobBodySchema.shape;

const timezoneSchema = z
  .string()
  .max(64)
  .refine(isTimezone, { error: 'Must be an IANA time zone, such as Europe/Berlin' })
  .meta({ description: 'IANA time zone of the cron expression; UTC unless given', example: 'Europe/Berlin' });

/** Body of `POST /api/v1/schedules`. Whether `cron` can be read is checked with the queue's own parser. */
export const scheduleBodySchema = z
  .strictObject({
    task,
    data,
    cron: z.string().min(1).max(200).optional().meta({
      description: 'Five fields, or six with seconds first: minute hour day-of-month month day-of-week',
      example: '30 6 * * 1-5',
    }),
    timezone: timezoneSchema.optional(),
    everyMs: z.int().min(MIN_EVERY_MS).max(MAX_EVERY_MS).optional().meta({
      description: 'Instead of cron: runs whole intervals after it was made',
    }),
    priority,
    attempts,
    timeoutMs,
  })
  .superRefine(({ cron, timezone, everyMs }, { addIssue }) => {
    const refuse = (field: string, message: string): void => addIssue({ code: 'custom', path: [field], message });
    if (cron === undefined && everyMs === undefined) refuse('cron', 'Give either cron or everyMs');
    if (cron !== undefined && everyMs !== undefined) refuse('everyMs', 'Give either cron or everyMs, not both');
    if (cron === undefined && timezone !== undefined) refuse('timezone', 'Is of meaning with cron only');
  });

/** Body of `POST /api/v1/schedules`. */
export type ScheduleBody = z.infer<typeof scheduleBodySchema>;

/** A schedule in a list. */
export const scheduleSummarySchema = z.object({
  id: z.uuid(),
  task: z.string(),
  cron: z.string().nullable(),
  timezone: z.string().nullable().meta({ description: 'Of the cron expression' }),
  everyMs: z.int().nullable(),
  priority: z.int(),
  attempts: z.int(),
  timeoutMs: z.int(),
  role: tenantRoleSchema.meta({ description: 'Of whoever made it; its jobs run with the priority of this role' }),
  userId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  nextRunAt: z.iso.datetime().nullable().meta({
    description: 'When the next job is due; null while the queue does not know it, such as when Redis is away',
  }),
});

/** A schedule with everything that is known of it. */
export const scheduleSchema = scheduleSummarySchema.extend({
  data: z.unknown(),
  lastJob: jobSummarySchema.nullable().meta({
    description: "The latest job that it started; null when none is among the tenant's newest 10,000",
  }),
});

/** Query of `GET /api/v1/schedules`. */
export const scheduleListQuerySchema = z.strictObject({
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Names alone: what some versions of Node.js take besides, such as "+02:00", the queue's parser reads otherwise. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
