import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';

/** Parts have no quota of the fleet's own: calls of one wait while it asks for it, and that is all. */
const NO_QUOTA = { callsPerWindow: null, windowMs: 1_000, callsAtATime: null };

/**
 * The part of an upstream that a job calls and that paces its callers by itself, such as `ga4:123456`, a property of GA4; null
 * where the upstream is one. Pure.
 */
export function partOf({ name, parts }: Upstream, data: unknown): Upstream | null {
  const part = parts?.partOf(data) ?? null;
  return part === null ? null : { name: `${name}:${part}`, quota: NO_QUOTA };
}

/** How long calls of the part must wait whose call gave this result, in ms; 0 when it may be called again. Pure. */
export function pauseMsAfter({ parts }: Upstream, result: unknown, nowMs: number): number {
  return parts?.pauseMsAfter(result, nowMs) ?? 0;
}
