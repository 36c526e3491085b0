import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';

/** Parts have no quota in the fleet: calls of a part only wait when the part asks for it. */
const NO_QUOTA = { callsPerWindow: null, windowMs: 1_000, callsAtATime: null };

/**
 * The part of an upstream that a job calls and that paces its callers separately, such as `ga4:123456`, a GA4 property;
 * null when the upstream has no parts. Pure.
 */
export function partOf({ name, parts }: Upstream, data: unknown): Upstream | null {
  const part = parts?.partOf(data) ?? null;
  return part === null ? null : { name: `${name}:${part}`, quota: NO_QUOTA };
}

/** How long calls to the part must wait after this result, in ms; 0 when they need not. Pure. */
export function pauseMsAfter({ parts }: Upstream, result: unknown, nowMs: number): number {
  return parts?.pauseMsAfter(result, nowMs) ?? 0;
}
