import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';

/**
 * Parts into which Redis divides a quota's window. A call counts until the last one of its part is older than a window, so that its
 * place is free again at most one part late.
 */
export const QUOTA_PARTS = 60;

/** Length of one part of a quota's window, in ms. Pure. */
export function quotaPartMs({ windowMs }: UpstreamQuota): number {
  return Math.ceil(windowMs / QUOTA_PARTS);
}

/** How much of a quota is used, as Redis tells it. */
export interface UsedQuota {
  /** How long the upstream is left alone, in ms. */
  readonly blockedMs: number;
  readonly underWay: number;
  /** Calls that count in the window, with when they no longer do, the next first. */
  readonly frees: readonly { readonly inMs: number; readonly calls: number }[];
}

/** A quota with its use. */
export interface QuotaState {
  readonly quota: UpstreamQuota;
  readonly used: UsedQuota;
}

/** Calls that the window still has; null without a bound. Pure. */
export function callsLeft({ quota, used }: QuotaState): number | null {
  if (quota.callsPerWindow === null) return null;
  return Math.max(0, quota.callsPerWindow - callsUsed(used));
}

function callsUsed({ frees }: UsedQuota): number {
  return frees.reduce((sum, { calls }) => sum + calls, 0);
}

/**
 * How long until the call at this place may be made as far as window and upstream go, in ms: those ahead take what is
 * left and then what comes free, and what they take comes free a window later. Pure.
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
 * When one more call than `others` is free; those that the window has now are free a window after they are taken. A quota
 * that was lowered, or whose window was raised, may be used beyond its bound: that must be free first.
 */
function freeInMs(others: number, { quota, used }: QuotaState): number {
  let free = Math.min(0, (quota.callsPerWindow ?? 0) - callsUsed(used));
  for (const { inMs, calls } of used.frees) {
    free += calls;
    if (free > others) return inMs;
  }
  return used.blockedMs + quota.windowMs;
}

/** How long until the next call may be made, in ms; 0 when it may be now. Pure. */
export function refillsInMs(state: QuotaState): number {
  return quotaWaitMs(1, state);
}
