import { z } from 'zod';

/** Why a job died: failed permanently, out of retries, timed out every time, crashed its processes, or unreadable. */
export const DEATH_CATEGORIES = ['permanent', 'exhausted', 'timeout', 'poison', 'invalid'] as const;

/** Why a job died. */
export type DeathCategory = (typeof DEATH_CATEGORIES)[number];

/** Severity of a death for an operator. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;

/** Severity of a death for an operator. */
export type Severity = (typeof SEVERITIES)[number];

/** Severity by category. A poison job takes workers down, so it is critical. */
export const SEVERITY_OF = {
  permanent: 'medium',
  exhausted: 'high',
  timeout: 'high',
  poison: 'critical',
  invalid: 'low',
} as const satisfies Record<DeathCategory, Severity>;

/** An error as the ledger and the API store it: no stack, no payload. */
export const jobErrorSchema = z.object({ code: z.string(), message: z.string() });

/** An error as the ledger and the API store it. */
export type JobError = z.infer<typeof jobErrorSchema>;

/** A dead letter as the API returns it. */
export const deadLetterSchema = z.object({
  id: z.uuid(),
  jobId: z.uuid(),
  task: z.string(),
  category: z.enum(DEATH_CATEGORIES),
  severity: z.enum(SEVERITIES),
  error: jobErrorSchema,
  attempts: z.int(),
  diedAt: z.iso.datetime(),
  redrivenAt: z.iso.datetime().nullable(),
});
