import type { UpstreamParts } from '@sluice/shared/contracts/upstreamQuota';
import { z } from 'zod';
import { lastingWaitMs } from '../ga4Quota.js';
import { ga4PropertyIdSchema } from './ga4Property.js';
import { ga4PropertyQuotaSchema } from './ga4PropertyQuota.js';

const ga4DataSchema = z.object({ propertyId: ga4PropertyIdSchema });
const ga4ResultSchema = z.object({ propertyQuota: ga4PropertyQuotaSchema });

/** GA4 has separate quotas for each property. */
export const ga4Parts: UpstreamParts = {
  partOf: (data) => ga4DataSchema.safeParse(data).data?.propertyId ?? null,
  pauseMsAfter(result, nowMs) {
    const quota = ga4ResultSchema.safeParse(result).data?.propertyQuota;
    return quota === undefined ? 0 : lastingWaitMs({ quota, atMs: nowMs }, nowMs);
  },
};
