import { z } from 'zod';
import { ga4PropertyIdSchema } from '../contracts/ga4Property.js';
import { ga4PropertyQuotaSchema } from '../contracts/ga4Report.js';
import type { Upstream } from '../contracts/upstreamQuota.js';
import { lastingWaitMs } from './ga4Quota.js';

/** An upstream that counts parts of itself, each by itself. */
interface PartedUpstream {
  /** The part that a job of this data calls, as in the names of keys; null when the data names none. */
  partOf(data: unknown): string | null;
  /** How long the part is to be left alone after an answer, in ms; 0 when it may be called again. */
  pauseMsAfter(result: unknown, nowMs: number): number;
}

const ga4DataSchema = z.object({ propertyId: ga4PropertyIdSchema });
const ga4ResultSchema = z.object({ propertyQuota: ga4PropertyQuotaSchema });

/** GA4 counts each property by itself. */
const PARTED: Readonly<Record<string, PartedUpstream>> = {
  ga4: {
    partOf: (data) => ga4DataSchema.safeParse(data).data?.propertyId ?? null,
    pauseMsAfter(result, nowMs) {
      const quota = ga4ResultSchema.safeParse(result).data?.propertyQuota;
      return quota === undefined ? 0 : lastingWaitMs({ quota, atMs: nowMs }, nowMs);
    },
  },
};

/** Parts have no quota of the fleet's own: they are left alone while they ask for it, and that is all. */
const NO_QUOTA = { callsPerWindow: null, windowMs: 1_000, callsAtATime: null };

/**
 * The part of an upstream that a job calls and that paces its callers by itself, such as `ga4:123456`, a property of GA4; null
 * where the upstream is one. Pure.
 */
export function partOf({ name }: Upstream, data: unknown): Upstream | null {
  const part = PARTED[name]?.partOf(data) ?? null;
  return part === null ? null : { name: `${name}:${part}`, quota: NO_QUOTA };
}

/** How long the part is to be left alone whose call gave this result, in ms; 0 when it may be called again. Pure. */
export function pauseMsAfter({ name }: Upstream, result: unknown, nowMs: number): number {
  return PARTED[name]?.pauseMsAfter(result, nowMs) ?? 0;
}
