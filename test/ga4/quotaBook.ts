import type { EXHAUSTED } from './googleErrors.js';

/** How much each property may use. */
export interface QuotaLimits {
  readonly tokensPerDay: number;
  readonly tokensPerHour: number;
  readonly tokensPerProjectPerHour: number;
  readonly concurrentRequests: number;
  /** What one report costs. */
  readonly tokensPerCall: number;
  /** Length of an "hour", in ms; a "day" is 24 of them. */
  readonly hourMs: number;
}

/** What a standard property has: the page on limits and quotas of the Data API. */
export const STANDARD_LIMITS: QuotaLimits = {
  tokensPerDay: 200_000,
  tokensPerHour: 40_000,
  tokensPerProjectPerHour: 14_000,
  concurrentRequests: 10,
  tokensPerCall: 10,
  hourMs: 3_600_000,
};

/** Whether a report may run. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'exhausted'; readonly quota: keyof typeof EXHAUSTED; readonly returnsInMs: number };

/** One property's use of its quotas. */
export interface QuotaBook {
  /** Admits a report and takes its tokens, or says which quota is used up; `end` must follow what was admitted. */
  begin(nowMs: number): Admission;
  end(): void;
  /** The property's quotas in GA4's protocol, after a report that took its tokens. */
  shown(nowMs: number): Record<string, { consumed: number; remaining: number }>;
  mostConcurrent(): number;
}

/** Fixed windows, as GA4's own: they begin with the hour, whoever called when. */
export function createQuotaBook(limits: QuotaLimits): QuotaBook {
  const { hourMs, tokensPerCall } = limits;
  const windows = { tokensPerDay: 24 * hourMs, tokensPerHour: hourMs, tokensPerProjectPerHour: hourMs };
  const names = Object.keys(windows) as (keyof typeof windows)[];
  const used = new Map(names.map((name) => [name, { window: -1, tokens: 0 }]));
  let running = 0;
  let most = 0;

  function usedNow(name: keyof typeof windows, nowMs: number): { window: number; tokens: number } {
    const window = Math.floor(nowMs / windows[name]);
    const entry = used.get(name);
    if (entry?.window === window) return entry;
    const fresh = { window, tokens: 0 };
    used.set(name, fresh);
    return fresh;
  }

  return {
    begin(nowMs) {
      if (running >= limits.concurrentRequests) {
        return { kind: 'exhausted', quota: 'concurrentRequests', returnsInMs: 1_000 };
      }
      const short = names.find((name) => usedNow(name, nowMs).tokens + tokensPerCall > limits[name]);
      if (short !== undefined) {
        return { kind: 'exhausted', quota: short, returnsInMs: windows[short] - (nowMs % windows[short]) };
      }
      for (const name of names) usedNow(name, nowMs).tokens += tokensPerCall;
      running++;
      most = Math.max(most, running);
      return { kind: 'admitted' };
    },
    end() {
      running--;
    },
    shown(nowMs) {
      const tokens = names.map((name) => {
        const remaining = limits[name] - usedNow(name, nowMs).tokens;
        return [name, { consumed: tokensPerCall, remaining }] as const;
      });
      return {
        ...Object.fromEntries(tokens),
        concurrentRequests: { consumed: 0, remaining: limits.concurrentRequests - running },
        serverErrorsPerProjectPerHour: { consumed: 0, remaining: 10 },
        potentiallyThresholdedRequestsPerHour: { consumed: 0, remaining: 120 },
      };
    },
    mostConcurrent: () => most,
  };
}
