import type { BenchRow } from '../../harness/document.js';
import type { Comparison } from '../../harness/interleave.js';
import { compare, interleave } from '../../harness/interleave.js';
import { median } from '../../harness/median.js';
import type { Target } from '../../harness/target.js';
import { describeTarget, meetsTarget } from '../../harness/target.js';
import type { FleetSideName } from '../../sides/fleetSide.js';
import { SIDE_NAMES } from '../../sides/fleetSide.js';
import type { FleetContext, MeasureResult } from './measure.js';

/** Rounds of which the median is taken, unless a measure says otherwise. */
const ROUNDS = 3;

/** What one run of one side gave. */
export interface SideRun<Figure extends string> {
  /** Null where the side has no such figure. */
  readonly figures: Readonly<Record<Figure, number | null>>;
  /** What stands behind the figures, for people. */
  readonly notes: readonly string[];
}

/** A row of the table, made of one figure of both sides. */
export interface RowOf<Figure extends string> {
  readonly metric: string;
  readonly unit: string;
  readonly figure: Figure;
  readonly target: Target | null;
}

/** For a measure that takes minutes and varies little, or is of many jobs already. */
export function oneRound(context: FleetContext): FleetContext {
  return { ...context, rounds: context.rounds ?? 1 };
}

/** Runs both sides in turn and takes the medians. No pair is thrown away: each run has fresh processes and rests first. */
export async function compareSides<Figure extends string>(
  context: FleetContext,
  what: string,
  run: (side: FleetSideName) => Promise<SideRun<Figure>>,
  rows: readonly RowOf<Figure>[],
): Promise<MeasureResult> {
  const lines: string[] = [];
  const told = (side: FleetSideName) => async () => {
    const one = await run(side);
    lines.push(...describeRun(`${what}, ${SIDE_NAMES[side]}`, one, rows));
    context.progress(lines.slice(-1 - one.notes.length).join('\n'));
    return one;
  };
  const pairs = await interleave(
    { ours: told('ours'), reference: told('reference') },
    { pairs: context.rounds ?? ROUNDS, warmUps: 0 },
  );
  return {
    rows: rows.map((row) =>
      toRow(
        row,
        compare(pairs, ({ figures }) => figures[row.figure]),
      ),
    ),
    runs: lines,
    charts: [],
  };
}

/** Runs our side alone, where bare BullMQ has nothing to compare with. */
export async function measureOurs<Figure extends string>(
  context: FleetContext,
  what: string,
  run: () => Promise<SideRun<Figure>>,
  rows: readonly RowOf<Figure>[],
): Promise<MeasureResult> {
  const lines: string[] = [];
  const done: SideRun<Figure>[] = [];
  for (let round = 0; round < (context.rounds ?? ROUNDS); round++) {
    const one = await run();
    done.push(one);
    lines.push(...describeRun(`${what}, ours`, one, rows));
    context.progress(lines.slice(-1 - one.notes.length).join('\n'));
  }
  const medianOf = (figure: Figure): number | null =>
    median(done.flatMap(({ figures }) => (figures[figure] === null ? [] : [figures[figure]])));
  return {
    rows: rows.map((row) => toRow(row, { ours: medianOf(row.figure), reference: null, ratio: null })),
    runs: lines,
    charts: [],
  };
}

/** A row with its verdict. */
export function toRow(
  { metric, unit, target }: Pick<RowOf<string>, 'metric' | 'unit' | 'target'>,
  figures: Comparison,
): BenchRow {
  return {
    metric,
    unit,
    ...figures,
    target: target === null ? null : describeTarget(target),
    met: target === null ? null : meetsTarget(figures, target),
  };
}

function describeRun<Figure extends string>(
  what: string,
  { figures, notes }: SideRun<Figure>,
  rows: readonly RowOf<Figure>[],
): string[] {
  const shown = rows.map(({ figure, unit }) => `${figure} ${inWords(figures[figure])} ${unit}`);
  return [`${what}: ${shown.join(', ')}`, ...notes.map((note) => `    ${note}`)];
}

function inWords(value: number | null): string {
  return value === null ? '-' : value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : 3 });
}
