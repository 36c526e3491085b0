import type { SimulationResult, TenantResult, TimelineEntry } from './result.js';

/** A growth this soon after a shrink, in ms, means that the shrink was in vain. */
const FLAP_WITHIN_MS = 300_000;

/** A policy's results for one tenant, in figures. */
export interface TenantSummary {
  readonly tenant: string;
  readonly arrived: number;
  readonly started: number;
  readonly stillWaiting: number;
  /** Waits of started and still waiting jobs, the latter with their wait so far; in ms. */
  readonly waitMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Number of slot changes. */
  readonly decisions: number;
  readonly grown: number;
  readonly shrunk: number;
  /** Number of growths within five minutes after a shrink. */
  readonly flaps: number;
  readonly mostSlots: number;
  readonly slotSeconds: number;
  /** Share of the slots' time in which jobs ran, in percent; above 100 when a slot runs several at a time. */
  readonly busyPercent: number;
}

/** Summarises each tenant's result. */
export function summarise({ timeline, tenants }: SimulationResult): readonly TenantSummary[] {
  return tenants.map((result) => summariseTenant(result, changesOf(timeline, result.tenant)));
}

/** Returns the changes of a tenant's slots, by time, including its first decision. */
export function changesOf(timeline: readonly TimelineEntry[], tenant: string): readonly TimelineEntry[] {
  return timeline.filter((entry) => entry.tenant === tenant && entry.decision.kind === 'set');
}

function summariseTenant(result: TenantResult, changes: readonly TimelineEntry[]): TenantSummary {
  const waits = Float64Array.from([...result.waitsMs, ...result.stillWaitingMs]).sort();
  const count = (change: 'grow' | 'shrink'): number => changes.filter((entry) => isChange(entry, change)).length;
  return {
    tenant: result.tenant,
    arrived: result.arrived,
    started: result.waitsMs.length,
    stillWaiting: result.stillWaitingMs.length,
    waitMs: { p50: rank(waits, 0.5), p95: rank(waits, 0.95), p99: rank(waits, 0.99), max: rank(waits, 1) },
    decisions: changes.length,
    grown: count('grow'),
    shrunk: count('shrink'),
    flaps: countFlaps(changes),
    mostSlots: changes.reduce((most, { slots }) => Math.max(most, slots), 0),
    slotSeconds: Math.round(result.slotMs / 1_000),
    busyPercent: result.slotMs === 0 ? 0 : Math.round((100 * result.busyMs) / result.slotMs),
  };
}

function countFlaps(changes: readonly TimelineEntry[]): number {
  let flaps = 0;
  let shrunkAtMs = Number.NEGATIVE_INFINITY;
  for (const entry of changes) {
    if (isChange(entry, 'shrink')) shrunkAtMs = entry.atMs;
    else if (isChange(entry, 'grow') && entry.atMs - shrunkAtMs <= FLAP_WITHIN_MS) flaps++;
  }
  return flaps;
}

function isChange({ decision }: TimelineEntry, change: 'grow' | 'shrink'): boolean {
  return decision.kind === 'set' && decision.change === change;
}

/** The smallest value that at least this share of the values does not exceed (nearest rank), rounded; 0 for none. */
function rank(sorted: Float64Array, share: number): number {
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}
