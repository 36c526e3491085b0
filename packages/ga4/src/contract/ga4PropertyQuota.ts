import { z } from 'zod';

/** One of a property's quotas after a call: what the call consumed and what remains. */
const ga4QuotaStatusSchema = z.object({ consumed: z.int().default(0), remaining: z.int() });

const quotaStatus = ga4QuotaStatusSchema.nullish().transform((status) => status ?? null);

/** A property's quotas as GA4 returns them with each response; null for an omitted one. */
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
