import type { AnalysedFigures, JobAnalysis } from '@sluice/fleet/postgres/queries/analyseJobs';
import type { SlotsGiven } from '@sluice/fleet/postgres/queries/slotsGiven';
import { findBottleneck } from '../domain/bottleneck.js';
import type { Range } from './analysedRange.js';
import type { Analysis, Figures } from './analysisSchema.js';
import type { StepCapacity } from './capacity.js';
import { busyMsOf, capacityOf } from './capacity.js';

/** The figures of one step, task or range, by kind. */
type FiguresByKind = ReadonlyMap<AnalysedFigures['kind'], AnalysedFigures>;

const NOTHING: FiguresByKind = new Map();

/**
 * Builds the response from the ledger's analysis. Pure.
 * @param slotConcurrency jobs that a slot runs at a time
 */
export function describeAnalysis(
  range: Range & { readonly stepMs: number },
  analysis: JobAnalysis,
  given: readonly SlotsGiven[],
  slotConcurrency: number,
): Analysis {
  const { fromMs, toMs, stepMs } = range;
  const { bySteps, byTasks, whole } = sortOut(analysis.figures);
  const steps = stepsOf(range, analysis, given, slotConcurrency);
  const points = steps.map(({ waiting, underWay, busyShare, heldBack }, step) => {
    const of = bySteps.get(step) ?? NOTHING;
    return {
      at: new Date(fromMs + step * stepMs).toISOString(),
      waiting,
      underWay,
      ...toFigures(of),
      busyShare,
      bottleneck: findBottleneck({ ...toWork(of), busyShare, heldBack, waiting }),
    };
  });
  const working = steps.filter((one, step) => one.waiting + one.underWay + (points[step]?.started ?? 0) > 0);
  const slots = mostOf(steps.flatMap((one) => one.slots ?? []));
  const busyMs = steps.reduce((sum, step) => sum + step.busyMs, 0);
  const busyShare = shareOf(busyMs, working.length * stepMs * (slots ?? 0) * slotConcurrency);
  const heldBack = given.filter(({ atMs, isPaused }) => isPaused && atMs >= fromMs).length;
  const found = (of: FiguresByKind, waits: number) =>
    findBottleneck({ ...toWork(of), busyShare, heldBack, waiting: waits });
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stepMs,
    points,
    total: toFigures(whole),
    byTask: [...byTasks].sort().map(([task, of]) => ({
      task,
      ...toFigures(of),
      bottleneck: found(of, Math.max(0, (of.get('accepted')?.count ?? 0) - (of.get('started')?.count ?? 0))),
    })),
    slots,
    busyShare,
    bottleneck: found(whole, points.at(-1)?.waiting ?? 0),
    isWhole: analysis.isWhole,
  };
}

/** A step's queue lengths and the tenant's capacity. */
interface Step extends StepCapacity {
  readonly waiting: number;
  readonly underWay: number;
  readonly busyMs: number;
  readonly busyShare: number | null;
}

function stepsOf(
  { fromMs, toMs, stepMs }: Range & { readonly stepMs: number },
  analysis: JobAnalysis,
  given: readonly SlotsGiven[],
  slotConcurrency: number,
): Step[] {
  const lengths = lengthsOf(analysis, Math.round((toMs - fromMs) / stepMs));
  const busyMs = busyMsOf(analysis.running, lengths.length, stepMs);
  const capacity = capacityOf(
    { fromMs, stepMs },
    given,
    lengths.map(({ waiting }) => waiting),
  );
  return lengths.map((length, step) => {
    const { slots, heldBack } = capacity[step] ?? { slots: null, heldBack: 0 };
    const busy = busyMs[step] ?? 0;
    return {
      ...length,
      slots,
      heldBack,
      busyMs: busy,
      busyShare: shareOf(busy, stepMs * (slots ?? 0) * slotConcurrency),
    };
  });
}

function mostOf(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : Math.max(...numbers);
}

function sortOut(figures: readonly AnalysedFigures[]) {
  const bySteps = new Map<number, Map<AnalysedFigures['kind'], AnalysedFigures>>();
  const byTasks = new Map<string, Map<AnalysedFigures['kind'], AnalysedFigures>>();
  const whole = new Map<AnalysedFigures['kind'], AnalysedFigures>();
  for (const one of figures) {
    if (one.step !== null) entryOf(bySteps, one.step).set(one.kind, one);
    else if (one.task !== null) entryOf(byTasks, one.task).set(one.kind, one);
    else whole.set(one.kind, one);
  }
  return { bySteps, byTasks, whole };
}

function entryOf<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  const entry = map.get(key) ?? new Map<Inner, Value>();
  map.set(key, entry);
  return entry;
}

/** Accumulates the changes, starting with everything before the range. */
function lengthsOf({ changes }: JobAnalysis, steps: number): { waiting: number; underWay: number }[] {
  const byStep = new Map(changes.map((change) => [change.step, change]));
  let waiting = byStep.get(-1)?.waiting ?? 0;
  let underWay = byStep.get(-1)?.underWay ?? 0;
  return Array.from({ length: steps }, (_, step) => {
    waiting += byStep.get(step)?.waiting ?? 0;
    underWay += byStep.get(step)?.underWay ?? 0;
    return { waiting: Math.max(0, waiting), underWay: Math.max(0, underWay) };
  });
}

function toFigures(of: FiguresByKind): Figures {
  const { completed, failed, deferred } = toWork(of);
  const dead = of.get('died')?.count ?? 0;
  return {
    accepted: of.get('accepted')?.count ?? 0,
    started: of.get('started')?.count ?? 0,
    completed,
    dead,
    // A dead job's last failure is its death, not a retry.
    retries: Math.max(0, failed - dead) + deferred,
    successRate: shareOf(completed, completed + dead),
    waitMs: toTimes(of.get('started')),
    serviceMs: toTimes(of.get('finished')),
  };
}

function toWork(of: FiguresByKind) {
  return {
    completed: of.get('finished')?.good ?? 0,
    failed: of.get('tried')?.good ?? 0,
    deferred: of.get('tried')?.sum ?? 0,
    waitP90Ms: of.get('started')?.p90 ?? null,
    serviceP90Ms: of.get('finished')?.p90 ?? null,
  };
}

function toTimes(of: AnalysedFigures | undefined): Figures['waitMs'] {
  const round = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : Math.round(ms);
  return { avg: round(of?.avg), p50: round(of?.p50), p90: round(of?.p90), p99: round(of?.p99) };
}

/** A share, 0 to 1; null when the whole is 0. */
function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? Math.round(Math.min(1, part / whole) * 1_000) / 1_000 : null;
}
