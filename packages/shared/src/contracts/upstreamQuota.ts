import { z } from 'zod';
import type { CircuitSettings } from './circuit.js';

/** Longest window of a quota: a week, in ms. */
export const MAX_WINDOW_MS = 7 * 24 * 3_600_000;

/** A tenant's quota of an upstream; null is unlimited. */
export const upstreamQuotaSchema = z.strictObject({
  callsPerWindow: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .nullable()
    .meta({ description: 'Maximum calls in any window; null: unlimited' }),
  windowMs: z.int().min(1_000).max(MAX_WINDOW_MS),
  callsAtATime: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .meta({ description: 'Maximum concurrent calls; null: unlimited' }),
});

/** A tenant's quota of an upstream; null is unlimited. */
export type UpstreamQuota = z.infer<typeof upstreamQuotaSchema>;

/** The parts of an upstream that have limits of their own, such as GA4 properties. Both functions are pure. */
export interface UpstreamParts {
  /** The part that a job with this data calls, as used in keys; null when the data names none. */
  partOf(data: unknown): string | null;
  /** How long calls to the part must wait after this result, in ms; 0 when they need not. */
  pauseMsAfter(result: unknown, nowMs: number): number;
}

/** An upstream that a task calls, once per attempt, with the default quota of a tenant. */
export interface Upstream {
  /** Such as `ga4`; used in Redis keys. Tasks that name the same upstream share its quota. */
  readonly name: string;
  readonly quota: UpstreamQuota;
  /** The circuit that stops a tenant's calls while it fails; none when omitted. */
  readonly circuit?: CircuitSettings;
  /** Its parts with limits of their own, such as GA4 properties; none when omitted. */
  readonly parts?: UpstreamParts;
}

/** Body of `PUT /api/v1/admin/tenants/:id/limits`: the tenant's own quotas. Omitted upstreams get the task's. */
export const tenantLimitsBodySchema = z.strictObject({
  upstreams: z.record(z.string().max(100), upstreamQuotaSchema),
});

/** A tenant's quotas as the API returns them, of every upstream that a task calls. */
export const tenantLimitsSchema = z.object({
  upstreams: z.record(
    z.string(),
    upstreamQuotaSchema.extend({
      own: z.boolean().meta({ description: "True if set for this tenant, false if the task's default" }),
    }),
  ),
});

/** Remaining calls of a tenant's quota of an upstream. */
export const quotaLeftSchema = z.object({
  upstream: z.string(),
  callsPerWindow: z.int().nullable(),
  windowMs: z.int(),
  callsAtATime: z.int().nullable(),
  left: z.int().nullable().meta({ description: 'Calls left in the window; null: unlimited' }),
  underWay: z.int(),
  refillsInMs: z.int().meta({ description: 'Time until a call is allowed, in ms; 0 when allowed now' }),
});
