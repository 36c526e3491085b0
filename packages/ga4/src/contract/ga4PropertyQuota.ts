import { z } from 'zod';

/** One of a property's quotas, after a call: what the call took and what is left. */
const ga4QuotaStatusSchema = z.object({ consumed: z.int().default(0), remaining: z.int() });

const quotaStatus = ga4QuotaStatusSchema.nullish().transform((status) => status ?? null);

/** A property's quotas as GA4 tells them with each answer; null for one that it left out. */
export const ga4PropertyQuotaSchema = z.object({
  tokensPerDay: quotaStatus,
  tokensPerHour: quotaStatus,
  tokensPerProjectPerHour: quotaStatus,
  concurrentRequests: quotaStatus,
  serverErrorsPerProjectPerHour: quotaStatus,
  potentiallyThresholdedRequestsPerHour: quotaStatus,
});

/** A property's quotas after a call. */
export type Ga4PropertyQuota = z.output<typeof ga4PropertyQuotaSchema>;
