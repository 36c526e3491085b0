import type { Course, SimulationResult, TimelineEntry } from './result.js';
import type { TenantSummary } from './summary.js';

/** Layout options of the text. */
export interface TextOptions {
  /** Minimum interval between rows without a change, in ms. */
  readonly everyMs: number;
  /** Draw the courses as sparklines; for a terminal. */
  readonly sparklines: boolean;
}

/** Levels of a sparkline, from zero to the maximum. */
const LEVELS = ' ▁▂▃▄▅▆▇█';

const COLUMNS = ['time', 'tenant', 'arrivals/s', 'waiting', 'oldest wait', 'slots', 'decision', 'reason'] as const;
const SUMMARY_COLUMNS = [
  ['tenant', ({ tenant }) => tenant],
  ['jobs', ({ arrived }) => String(arrived)],
  ['still waiting', ({ stillWaiting }) => String(stillWaiting)],
  ['p50 wait', ({ waitMs }) => inSeconds(waitMs.p50)],
  ['p95 wait', ({ waitMs }) => inSeconds(waitMs.p95)],
  ['p99 wait', ({ waitMs }) => inSeconds(waitMs.p99)],
  ['max wait', ({ waitMs }) => inSeconds(waitMs.max)],
  ['changes', ({ decisions }) => String(decisions)],
  ['grown', ({ grown }) => String(grown)],
  ['shrunk', ({ shrunk }) => String(shrunk)],
  ['flaps', ({ flaps }) => String(flaps)],
  ['most slots', ({ mostSlots }) => String(mostSlots)],
  ['slot-seconds', ({ slotSeconds }) => String(slotSeconds)],
  ['busy', ({ busyPercent }) => `${busyPercent} %`],
] as const satisfies readonly (readonly [string, (one: TenantSummary) => string])[];

/** Formats the timeline and the summary as human-readable text. */
export function textOf(result: SimulationResult, summaries: readonly TenantSummary[], options: TextOptions): string {
  return [
    ...tableLines(
      [[...COLUMNS], ...rowsOf(result.timeline, options.everyMs)],
      ['time', 'tenant', 'decision', 'reason'],
    ),
    '',
    ...(options.sparklines ? [...result.tenants.flatMap(({ tenant, course }) => courseLines(tenant, course)), ''] : []),
    ...tableLines(
      [
        SUMMARY_COLUMNS.map(([heading]) => heading),
        ...summaries.map((one) => SUMMARY_COLUMNS.map(([, of]) => of(one))),
      ],
      ['tenant'],
    ),
    '',
    'A flap is a growth within five minutes after a shrink.',
    '',
  ].join('\n');
}

/** Returns all changes, and one unchanged pass per `everyMs` and tenant. */
function rowsOf(timeline: readonly TimelineEntry[], everyMs: number): string[][] {
  const shownAtMs = new Map<string, number>();
  const arrived = new Map<string, number>();
  return timeline.flatMap((entry) => {
    const { tenant, atMs } = entry;
    const shownMs = shownAtMs.get(tenant);
    const jobs = (arrived.get(tenant) ?? 0) + entry.arrived;
    arrived.set(tenant, jobs);
    if (entry.decision.kind === 'hold' && shownMs !== undefined && atMs - shownMs < everyMs) return [];
    shownAtMs.set(tenant, atMs);
    arrived.set(tenant, 0);
    const spanMs = atMs - (shownMs ?? 0);
    return [rowOf(entry, spanMs === 0 ? '-' : String(round((jobs * 1_000) / spanMs)))];
  });
}

function rowOf(entry: TimelineEntry, arrivalsPerSecond: string): string[] {
  const { decision, before, slots } = entry;
  const decided = decision.kind === 'hold' ? `hold, ${decision.because}` : `${decision.change} ${before} -> ${slots}`;
  const figures = [arrivalsPerSecond, String(entry.waiting), inSeconds(entry.oldestWaitMs), String(slots)];
  return [clock(entry.atMs), entry.tenant, ...figures, decided, decision.reason];
}

function courseLines(tenant: string, course: Course): string[] {
  const lines = [
    ['arrivals', course.arrived],
    ['waiting', course.waiting],
    ['slots', course.slots],
  ] as const;
  return lines.map(([what, values]) => {
    const most = Math.max(...values);
    return `${tenant} ${what.padEnd(8)} |${sparkline(values, most)}| ${what === 'arrivals' ? '' : `at most ${most}`}`.trimEnd();
  });
}

function sparkline(values: readonly number[], most: number): string {
  return values.map((value) => LEVELS[most === 0 ? 0 : Math.ceil((value / most) * (LEVELS.length - 1))]).join('');
}

/** Formats a table with a rule below the headings; numeric columns are right-aligned. */
function tableLines(rows: readonly (readonly string[])[], left: readonly string[]): string[] {
  const headings = rows[0] ?? [];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return left.includes(headings[column] ?? '') ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return [...lines.slice(0, 1), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)];
}

/** Formats a time as h:mm:ss.t; tenths only when non-zero. */
function clock(atMs: number): string {
  const [hours, minutes] = [Math.floor(atMs / 3_600_000), Math.floor(atMs / 60_000) % 60];
  const seconds = (atMs / 1_000) % 60;
  const text = Number.isInteger(seconds) ? String(seconds).padStart(2, '0') : seconds.toFixed(2).padStart(5, '0');
  return `${hours}:${String(minutes).padStart(2, '0')}:${text}`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
