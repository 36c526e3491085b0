import { z } from 'zod';

/** Rules of a tenant or a task move a job by so many points at most, ahead or behind; a point is a second. */
export const MAX_RULE_POINTS = 5_000;

const points = z.int().min(-MAX_RULE_POINTS).max(MAX_RULE_POINTS);
const behind = z.int().min(1).max(MAX_RULE_POINTS);

const clockTime = (last: string) =>
  z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, `must be a time of day, 00:00 to ${last}`)
    .refine((text) => text <= last, `must be a time of day, 00:00 to ${last}`);

/** Hours of the week, by the clocks of one place. */
export const businessHoursRuleSchema = z
  .strictObject({
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin')
      .meta({ example: 'Europe/Berlin' }),
    days: z
      .array(z.int().min(1).max(7))
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'must not name a day twice')
      .meta({ description: '1 is Monday, 7 is Sunday: the day on which the hours begin', example: [1, 2, 3, 4, 5] }),
    from: clockTime('23:59').meta({ example: '09:00' }),
    to: clockTime('24:00').meta({ description: 'Not included; before `from` means on the next day', example: '18:00' }),
    points: points.meta({ description: 'Seconds by which a job of these hours is behind; below 0 is ahead' }),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'must not be the same as from' });

/** Rules by which a tenant's jobs move within its own lanes. What is left out is off. */
export const priorityRulesSchema = z
  .strictObject({
    businessHours: businessHoursRuleSchema,
    complexity: z
      .strictObject({ maxPoints: behind.meta({ description: 'Seconds by which a complex job is behind at most' }) })
      .meta({ description: 'A job is behind by the points that its task computes from its data' }),
    recentUse: z
      .strictObject({
        freeJobs: z.int().min(0).max(1_000_000).meta({ description: 'Jobs an hour that cost nothing' }),
        pointsPerJob: behind.meta({ description: 'Seconds by which each further job of an hour puts one behind' }),
        maxPoints: behind,
      })
      .meta({ description: 'A job is behind by how much its user has submitted of late' }),
  })
  .partial()
  .meta({ description: `Together they move a job by ${MAX_RULE_POINTS} points (seconds) at most` });

/** A tenant's rules of priority. */
export type PriorityRules = z.infer<typeof priorityRulesSchema>;

/** Hours of the week that count. */
export type BusinessHoursRule = z.infer<typeof businessHoursRuleSchema>;

function isTimeZone(name: string): boolean {
  try {
    // A fixed offset such as +01:00 is no place where clocks are put forward.
    return (
      /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}
