import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { until, untilDrained } from '../support/until.js';
import { findViolations } from './invariants/check.js';
import { collectFacts } from './invariants/collect.js';
import type { Violation } from './invariants/facts.js';
import type { Load } from './load/load.js';
import type { LookAtDashboard } from './pages/dashboardPages.js';
import { lookAsTenants } from './pages/tenantPages.js';
import { LEASE_MS } from './stand/environment.js';
import type { SlotWatch } from './stand/slotWatch.js';
import type { Stand } from './stand/stand.js';
import type { Scene, Strike } from './strikes/scene.js';

/** A stand with its load and observers. */
export interface Arena {
  readonly stand: Stand;
  readonly load: Load;
  readonly watch: SlotWatch;
  readonly scene: Scene;
  readonly lookAtDashboard: LookAtDashboard;
  /** Redis lost its data in this round or an earlier one. */
  redisLost: boolean;
  /** Violations already reported: what an earlier round broke stays broken. */
  readonly known: Set<string>;
}

/** Result of one round. */
export interface RoundReport {
  readonly strikes: readonly string[];
  /** Jobs accepted in this round. */
  readonly jobs: number;
  /** From the first strike until everything is repaired, in ms. */
  readonly faultMs: number;
  /**
   * From then until every job accepted earlier has ended, in ms; null when their number stopped falling before that.
   */
  readonly recoveryMs: number | null;
  readonly violations: readonly Violation[];
  /** What faults measured; a finding is a figure outside its limit, for which the machine may be the cause. */
  readonly figures: readonly string[];
  readonly findings: readonly string[];
  /** Summary of the observations, over all rounds so far. */
  readonly seen: string;
}

/** Accepted jobs before the strike. */
const WARM_JOBS = 25;

/** Interval between counts of unfinished jobs, in ms. */
const COUNT_EVERY_MS = 100;

/** Maximum number of unfinished jobs to list. */
const SHOWN = 10;

/** How long the load continues after the repair, in ms. */
const AFTER_MS = 1_500;

/** Runs one round: load, concurrent strikes, repair, quiescence; then checks everything observed. */
export async function runRound(arena: Arena, strikes: readonly Strike[]): Promise<RoundReport> {
  const { load, stand, scene, watch } = arena;
  const losesRedis = strikes.some((strike) => strike.losesRedis === true);
  arena.redisLost ||= losesRedis;
  const before = load.book.counts.accepted;
  load.start();
  await until('jobs are accepted', () => load.book.counts.accepted - before >= WARM_JOBS, 60_000);
  if (!strikes.some(({ alone }) => alone === true)) await load.burst();
  if (losesRedis) load.sink.judge(false);
  const strikeMs = performance.now();
  const errors = await strikeAll({ ...scene, isAlone: strikes.length === 1 }, strikes);
  const mendedMs = performance.now();
  const { now } = await healthy(stand);
  const recovery = untilOver(stand.ledger, now);
  await pause(AFTER_MS);
  await load.stop();
  const overdue = await recovery;
  const recoveryMs = overdue.length === 0 ? performance.now() - mendedMs : null;
  const late = await untilOver(stand.ledger, null);
  if (losesRedis) {
    // By now all earlier leases have expired.
    await pause(LEASE_MS);
    load.sink.judge(true);
  }
  const pages = await lookAtPages(arena);
  const facts = await collectFacts(stand, load, watch, {
    pages: pages.amiss,
    overdue: [...new Set([...overdue, ...late])],
    redisLost: arena.redisLost,
  });
  const amiss = await Promise.all(strikes.map((strike) => strike.judge?.(scene) ?? []));
  const measured = strikes.flatMap((strike) => strike.measure?.() ?? []);
  const others = [...errors, ...amiss.flat()].map((what): Violation => ({ invariant: 'I6', what }));
  return {
    strikes: strikes.map(({ name }) => name),
    jobs: load.book.counts.accepted - before,
    faultMs: mendedMs - strikeMs,
    recoveryMs,
    figures: measured.flatMap(({ figures }) => figures),
    findings: measured.flatMap(({ findings }) => findings),
    seen: `${facts.accepted.length} promises, ${facts.hits.length} effects outside, ${facts.rows.size} in the ledger, ${facts.transitions.length} changes, ${watch.looks()} looks at leases, ${pages.seen}`,
    violations: newOnes(arena, [...findViolations(facts), ...others]),
  };
}

/** Inspects every page that a tenant can open, and those of the dashboard. */
async function lookAtPages({ stand, load, lookAtDashboard }: Arena): Promise<{ seen: string; amiss: string[] }> {
  const { callers, book } = load;
  const { dashboard, operatorKey } = stand;
  const byTenants = await lookAsTenants({ stand, callers, entries: [...book.entries.values()] });
  const ofDashboard = await lookAtDashboard({ dashboard, operatorKey, callers });
  return {
    seen: `${byTenants.pages} pages by tenants, ${ofDashboard.pages} of the dashboard`,
    amiss: [...byTenants.amiss, ...ofDashboard.amiss],
  };
}

function newOnes({ known }: Arena, violations: readonly Violation[]): Violation[] {
  const found = violations.filter(({ what }) => !known.has(what));
  for (const { what } of found) known.add(what);
  return found;
}

async function strikeAll(scene: Scene, strikes: readonly Strike[]): Promise<string[]> {
  const ends = await Promise.allSettled(strikes.map((strike) => strike.strike(scene)));
  return ends.flatMap((end, index) =>
    end.status === 'rejected' ? [`${strikes[index]?.name}: ${String(end.reason)}`] : [],
  );
}

/** Resolves with the ledger's time when it responds. */
async function healthy({ ledger }: Stand): Promise<{ now: Date }> {
  return until(
    'PostgreSQL answers',
    async () => (await ledger.query<{ now: Date }>('SELECT now()').catch(() => null))?.rows[0],
    60_000,
  );
}

const UNFINISHED = 'FROM jobs WHERE finished_at IS NULL AND ($1::timestamptz IS NULL OR accepted_at <= $1)';

/** Waits until the jobs accepted by then have ended; resolves with those left when their number stops falling. */
async function untilOver(ledger: Pool, acceptedUntil: Date | null): Promise<string[]> {
  const countLeft = async (): Promise<number> => {
    const { rows } = await ledger.query<{ left: number }>(`SELECT count(*)::int AS left ${UNFINISHED}`, [
      acceptedUntil,
    ]);
    return rows[0]?.left ?? 0;
  };
  let stuck: unknown;
  await untilDrained('jobs are over', countLeft, { lookEveryMs: COUNT_EVERY_MS }).catch((error) => {
    stuck = error;
  });
  if (stuck === undefined) return [];
  const columns = 'id, state, fence, task, left(data::text, 200) AS data, updated_at';
  const { rows } = await ledger.query(`SELECT ${columns} ${UNFINISHED} ORDER BY id LIMIT ${SHOWN}`, [acceptedUntil]);
  return [String(stuck), ...rows.map((row) => `not over: ${JSON.stringify(row)}`)];
}
