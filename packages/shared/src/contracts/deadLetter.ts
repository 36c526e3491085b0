import { z } from 'zod';

/** Why a job died: refused for good, out of retries, over its time each time, a killer of processes, or unreadable. */
export const DEATH_CATEGORIES = ['permanent', 'exhausted', 'timeout', 'poison', 'invalid'] as const;

/** Why a job died. */
export type DeathCategory = (typeof DEATH_CATEGORIES)[number];

/** How much a death matters to an operator. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;

/** How much a death matters to an operator. */
export type Severity = (typeof SEVERITIES)[number];

/** Severity by category. A poison job takes workers down, so it is critical. */
export const SEVERITY_OF = {
  permanent: 'medium',
  exhausted: 'high',
  timeout: 'high',
  poison: 'critical',
  invalid: 'low',
} as const satisfies Record<DeathCategory, Severity>;

/** An error as the ledger and the API keep it: no stack, no payload. */
export const jobErrorSchema = z.object({ code: z.string(), message: z.string() });

/** An error as the ledger and the API keep it. */
export type JobError = z.infer<typeof jobErrorSchema>;

/** A dead letter as it is answered. */
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
