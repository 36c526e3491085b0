import type { SimulationResult, TenantResult, TimelineEntry } from './result.js';

/** A growth so soon after a shrink, in ms, says that the shrink was in vain. */
const FLAP_WITHIN_MS = 300_000;

/** What a policy did for one tenant, in figures. */
export interface TenantSummary {
  readonly tenant: string;
  readonly arrived: number;
  readonly started: number;
  readonly stillWaiting: number;
  /** Of the jobs that started and those that still wait, the latter with their wait so far; in ms. */
  readonly waitMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Changes of the slots. */
  readonly decisions: number;
  readonly grown: number;
  readonly shrunk: number;
  /** Growths within five minutes after a shrink. */
  readonly flaps: number;
  readonly mostSlots: number;
  readonly slotSeconds: number;
  /** Part of the slots' time in which jobs ran, in percent; above 100 when a slot runs several at a time. */
  readonly busyPercent: number;
}

/** Sums up what became of each tenant. */
export function summarise({ timeline, tenants }: SimulationResult): readonly TenantSummary[] {
  return tenants.map((result) => summariseTenant(result, changesOf(timeline, result.tenant)));
}

/** The changes of a tenant's slots, by time; its first decision is one. */
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

/** The smallest value that this share of all does not exceed (nearest rank), rounded; 0 for none. */
function rank(sorted: Float64Array, share: number): number {
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}
