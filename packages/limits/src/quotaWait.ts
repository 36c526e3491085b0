import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';

/**
 * Number of parts into which Redis divides a quota window. A call counts until the last call of its part is older than
 * a window, so its capacity is freed at most one part late.
 */
export const QUOTA_PARTS = 60;

/** Length of one part of a quota's window, in ms. Pure. */
export function quotaPartMs({ windowMs }: UpstreamQuota): number {
  return Math.ceil(windowMs / QUOTA_PARTS);
}

/** Usage of a quota, as reported by Redis. */
export interface UsedQuota {
  /** Remaining time for which the upstream asked to wait, in ms. */
  readonly blockedMs: number;
  readonly underWay: number;
  /** Calls that count in the window and when each group stops counting, soonest first. */
  readonly frees: readonly { readonly inMs: number; readonly calls: number }[];
}

/** A quota with its usage. */
export interface QuotaState {
  readonly quota: UpstreamQuota;
  readonly used: UsedQuota;
}

/** Calls left in the window; null without a limit. Pure. */
export function callsLeft({ quota, used }: QuotaState): number | null {
  if (quota.callsPerWindow === null) return null;
  return Math.max(0, quota.callsPerWindow - callsUsed(used));
}

function callsUsed({ frees }: UsedQuota): number {
  return frees.reduce((sum, { calls }) => sum + calls, 0);
}

/**
 * Time until the window and the upstream allow the call at this place, in ms: calls ahead use what is left, then what
 * is freed, and what they use is freed one window later. Pure.
 * @param position 1 for the next call
 */
export function quotaWaitMs(position: number, state: QuotaState): number {
  const { quota, used } = state;
  const left = callsLeft(state);
  if (quota.callsPerWindow === null || left === null || position <= left) return used.blockedMs;
  const beyond = position - left - 1;
  const windows = Math.floor(beyond / quota.callsPerWindow);
  return Math.max(used.blockedMs, windows * quota.windowMs + freeInMs(beyond % quota.callsPerWindow, state));
}

/**
 * Time until one more call than `others` is freed, in ms; calls available now are freed one window after they are
 * taken. Usage may exceed a quota that was lowered, or whose window was lengthened: the excess must be freed first.
 */
function freeInMs(others: number, { quota, used }: QuotaState): number {
  let free = Math.min(0, (quota.callsPerWindow ?? 0) - callsUsed(used));
  for (const { inMs, calls } of used.frees) {
    free += calls;
    if (free > others) return inMs;
  }
  return used.blockedMs + quota.windowMs;
}

/** Time until the next call may be made, in ms; 0 when it may be made now. Pure. */
export function refillsInMs(state: QuotaState): number {
  return quotaWaitMs(1, state);
}
