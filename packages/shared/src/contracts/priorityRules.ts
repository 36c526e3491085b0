import { z } from 'zod';

/** Maximum points by which all rules together move a job ahead or back; a point is a second. */
export const MAX_RULE_POINTS = 5_000;

const points = z.int().min(-MAX_RULE_POINTS).max(MAX_RULE_POINTS);
const behind = z.int().min(1).max(MAX_RULE_POINTS);

const clockTime = (last: string) =>
  z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, `must be a time of day, 00:00 to ${last}`)
    .refine((text) => text <= last, `must be a time of day, 00:00 to ${last}`);

/** Hours of the week, in local time. */
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
      .refine((days) => new Set(days).size === days.length, 'must not contain a day twice')
      .meta({ description: '1 is Monday, 7 is Sunday; the day on which the hours start', example: [1, 2, 3, 4, 5] }),
    from: clockTime('23:59').meta({ example: '09:00' }),
    to: clockTime('24:00').meta({
      description: 'Exclusive; a time before `from` is on the next day',
      example: '18:00',
    }),
    points: points.meta({
      description: 'Seconds by which a job submitted in these hours is moved back; negative moves it forward',
    }),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'must not be the same as from' });

/** Rules that move a tenant's jobs within its own lanes. Omitted ones are off. */
export const priorityRulesSchema = z
  .strictObject({
    businessHours: businessHoursRuleSchema,
    complexity: z
      .strictObject({ maxPoints: behind.meta({ description: 'Maximum seconds by which a complex job is moved back' }) })
      .meta({ description: 'Moves a job back by the points that its task computes from its data' }),
    recentUse: z
      .strictObject({
        freeJobs: z.int().min(0).max(1_000_000).meta({ description: 'Jobs per hour without effect' }),
        pointsPerJob: behind.meta({ description: 'Seconds by which each further job in an hour moves a job back' }),
        maxPoints: behind,
      })
      .meta({ description: 'Moves a job back by how much its user submitted recently' }),
  })
  .partial()
  .meta({ description: `Together the rules move a job by at most ${MAX_RULE_POINTS} points (seconds)` });

/** A tenant's priority rules. */
export type PriorityRules = z.infer<typeof priorityRulesSchema>;

/** The hours of the week to which the rule applies. */
export type BusinessHoursRule = z.infer<typeof businessHoursRuleSchema>;

function isTimeZone(name: string): boolean {
  try {
    // A fixed offset such as +01:00 has no daylight saving time.
    return (
      /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}
