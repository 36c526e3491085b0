import { z } from 'zod';
import type { CircuitSettings } from './circuit.js';

/** Longest window of a quota: a week, in ms. */
export const MAX_WINDOW_MS = 7 * 24 * 3_600_000;

/** What a tenant may ask of an upstream; null is no bound. */
export const upstreamQuotaSchema = z.strictObject({
  callsPerWindow: z.int().min(1).max(1_000_000_000).nullable().meta({ description: 'Calls in any window; null: any' }),
  windowMs: z.int().min(1_000).max(MAX_WINDOW_MS),
  callsAtATime: z.int().min(1).max(1_000_000).nullable().meta({ description: 'Calls under way at once; null: any' }),
});

/** What a tenant may ask of an upstream; null is no bound. */
export type UpstreamQuota = z.infer<typeof upstreamQuotaSchema>;

/** How an upstream that counts parts of itself, each by itself, tells them apart. Both are pure. */
export interface UpstreamParts {
  /** The part that a job of this data calls, as in the names of keys; null when the data names none. */
  partOf(data: unknown): string | null;
  /** How long calls of the part must wait after an answer, in ms; 0 when it may be called again. */
  pauseMsAfter(result: unknown, nowMs: number): number;
}

/** An upstream that a task calls, once per attempt, and how much of it a tenant has whose limits say nothing. */
export interface Upstream {
  /** Such as `ga4`; a part of keys in Redis. Tasks that name the same share its quota. */
  readonly name: string;
  readonly quota: UpstreamQuota;
  /** When a tenant's calls of it stop because it is down; they never do when left out. */
  readonly circuit?: CircuitSettings;
  /** When it counts parts of itself, such as the properties of GA4; it is one when left out. */
  readonly parts?: UpstreamParts;
}

/** Body of `PUT /api/v1/admin/tenants/:id/limits`: the tenant's own quotas. Upstreams that are left out have the task's. */
export const tenantLimitsBodySchema = z.strictObject({
  upstreams: z.record(z.string().max(100), upstreamQuotaSchema),
});

/** A tenant's limits as they are answered: of every upstream that any task calls. */
export const tenantLimitsSchema = z.object({
  upstreams: z.record(
    z.string(),
    upstreamQuotaSchema.extend({
      own: z.boolean().meta({ description: "Set for this tenant, or the task's default" }),
    }),
  ),
});

/** What is left of a tenant's quota of an upstream. */
export const quotaLeftSchema = z.object({
  upstream: z.string(),
  callsPerWindow: z.int().nullable(),
  windowMs: z.int(),
  callsAtATime: z.int().nullable(),
  left: z.int().nullable().meta({ description: 'Calls that the window still has; null: not bounded' }),
  underWay: z.int(),
  refillsInMs: z.int().meta({ description: 'Until a call is allowed again; 0 when one is' }),
});
