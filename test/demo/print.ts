import type { Evidence, Mismatch, MismatchKind, TenantRow } from './report.js';
import { findMismatches, MISMATCH_KINDS, percentile, tableOf } from './report.js';

/** The outcome of a demo, as `--json` prints it. */
export interface DemoReport {
  readonly ok: boolean;
  readonly seconds: number;
  readonly totals: {
    readonly accepted: number;
    readonly delivered: number;
    readonly dead: number;
    readonly retried: number;
    /** Distinct deliveries that the receiver accepted. */
    readonly received: number;
    /** Deliveries that reached the receiver again after it had accepted them. */
    readonly repeated: number;
    readonly pacedAnswers: number;
    readonly failedAnswers: number;
    readonly badSignatures: number;
    readonly p50WaitMs: number;
    readonly p99WaitMs: number;
  };
  readonly tenants: readonly TenantRow[];
  readonly mismatches: readonly Mismatch[];
}

/** Adds everything up. */
export function reportOf(evidence: Evidence, seconds: number): DemoReport {
  const { accepted, ledger, receipts } = evidence;
  const mismatches = findMismatches(evidence);
  const inState = (wanted: string): number => ledger.filter(({ state }) => state === wanted).length;
  const waits = ledger.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]));
  return {
    ok: mismatches.length === 0 && accepted.length > 0,
    seconds,
    totals: {
      accepted: new Set(accepted.map(({ id }) => id)).size,
      delivered: inState('completed'),
      dead: inState('dead'),
      retried: ledger.filter(({ starts }) => starts > 1).length,
      received: receipts.accepted.length,
      repeated: receipts.repeated,
      pacedAnswers: receipts.paced,
      failedAnswers: receipts.failed,
      badSignatures: receipts.badSignatures,
      p50WaitMs: percentile(waits, 0.5),
      p99WaitMs: percentile(waits, 0.99),
    },
    tenants: tableOf(evidence),
    mismatches,
  };
}

/** Headings of the table with the figure below each. */
const COLUMNS = [
  ['tenant', (row) => row.tenant],
  ['accepted', (row) => String(row.accepted)],
  ['delivered', (row) => String(row.delivered)],
  ['retried', (row) => String(row.retried)],
  ['dead', (row) => String(row.dead)],
  ['p50 wait', (row) => inSeconds(row.p50WaitMs)],
  ['p99 wait', (row) => inSeconds(row.p99WaitMs)],
  ['most workers', (row) => String(row.mostWorkers)],
  ['most at once', (row) => String(row.mostAtOnce)],
] as const satisfies readonly (readonly [string, (row: TenantRow) => string])[];

/** The report for people: table, totals, and what does not fit. */
export function textOf(report: DemoReport): string {
  const { totals } = report;
  return [
    '',
    ...tableLines(report.tenants),
    '',
    `accepted ${totals.accepted} = delivered ${totals.delivered} + dead ${totals.dead}; by id: ${verdict(report, 'lost', 'invented')}`,
    `received ${totals.received} distinct deliveries = delivered ${totals.delivered}; by id: ${verdict(report, 'unseen', 'unsettled')}`,
    `dead are the jobs of the endpoint that always fails, and no others: ${verdict(report, 'wrongly-dead', 'wrongly-alive')}`,
    `the receiver answered 429 ${totals.pacedAnswers} times and 500 ${totals.failedAnswers} times, found ` +
      `${totals.badSignatures} bad signatures and ${totals.repeated} repeated deliveries`,
    `${totals.retried} jobs took more than one attempt; wait p50 ${inSeconds(totals.p50WaitMs)}, ` +
      `p99 ${inSeconds(totals.p99WaitMs)}; ${report.seconds} s in all`,
    ...report.mismatches.flatMap(mismatchLines),
    '',
    report.ok ? 'Nothing was lost, nothing was made up.' : 'THE TOTALS DO NOT MATCH.',
    '',
  ].join('\n');
}

function tableLines(rows: readonly TenantRow[]): string[] {
  const cells = [COLUMNS.map(([heading]) => heading as string), ...rows.map((row) => COLUMNS.map(([, of]) => of(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column === 0)).join('  '),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [...lines.slice(0, 1), rule, ...lines.slice(1)];
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function verdict({ mismatches }: DemoReport, ...kinds: MismatchKind[]): string {
  return mismatches.some(({ kind }) => kinds.includes(kind)) ? 'NO' : 'yes';
}

function mismatchLines({ kind, ids }: Mismatch): string[] {
  return ['', `${ids.length} ${MISMATCH_KINDS[kind]}:`, ...ids.map((id) => `  ${id}`)];
}
