import type { BenchChart } from '../../harness/bench.js';
import type { BenchRow } from '../../harness/document.js';
import type { FleetSideName } from '../../sides/fleetSide.js';
import { compareSides, oneRound } from './compareSides.js';
import { FLOOD_JOBS, floodFleet } from './flood.js';
import { countIdle } from './idle.js';
import type { FleetContext, Measure, MeasureResult } from './measure.js';
import { onServedFleet, tenantsOf } from './runFleet.js';

const SIZES = [1, 10, 100, 1_000, 10_000];

/** How long commands are counted for each size, in seconds. */
const IDLE_S = 15;

const MB = 1_000_000;

/** The figures that grow, each with its chart. */
const GROWING = [
  { figure: 'jobsPerSecond', file: 'fleet-throughput', title: 'Throughput of a flood of jobs', unit: 'jobs/s' },
  { figure: 'cpuUsPerJob', file: 'fleet-cpu', title: 'CPU of the worker process per job', unit: 'us' },
  { figure: 'memory', file: 'fleet-memory', title: 'Resident memory of the worker process', unit: 'MB' },
  { figure: 'idle', file: 'fleet-idle', title: 'Redis commands while all tenants rest', unit: 'commands/s' },
] as const;

type Growing = (typeof GROWING)[number]['figure'];

/** How cost grows with the number of tenants. */
export const growth: Measure = {
  name: 'growth',
  summary: 'Throughput, CPU, memory and idle commands from 1 tenant to 10,000',
  method:
    `For ${SIZES.map((size) => size.toLocaleString('en')).join(', ')} tenants: memory after the start, commands within ${IDLE_S} s of ` +
    `rest (the worker process alone on both sides), then a flood of ${FLOOD_JOBS.toLocaleString('en')} jobs, one at a time per ` +
    'tenant. One round, unless told otherwise.',
  async measure(context) {
    const results: { readonly tenants: number; readonly result: MeasureResult }[] = [];
    for (const tenants of SIZES.filter((size) => size <= context.tenants)) {
      results.push({ tenants, result: await measureSize(tenants, context) });
    }
    return {
      rows: results.flatMap(({ result }) => result.rows),
      runs: results.flatMap(({ result }) => result.runs),
      charts: GROWING.map((growing, i) =>
        toChart(
          growing,
          results.flatMap(({ tenants, result }) => {
            const row = result.rows[i];
            return row === undefined ? [] : [{ tenants, row }];
          }),
        ),
      ),
    };
  },
};

function measureSize(tenants: number, context: FleetContext): Promise<MeasureResult> {
  const run = (side: FleetSideName) =>
    onServedFleet(side, context, tenantsOf(tenants), async (fleet) => {
      const { rssBytes } = await fleet.worker.state();
      const { perSecond, named } = await countIdle({ ...context, seconds: context.seconds ?? IDLE_S });
      const jobs = Math.ceil((context.jobs ?? FLOOD_JOBS) / tenants) * tenants;
      const { jobsPerSecond, cpuUsPerJob, note } = await floodFleet(fleet, context, { tenants, jobs });
      const figures: Record<Growing, number> = {
        jobsPerSecond,
        cpuUsPerJob,
        memory: rssBytes / MB,
        idle: perSecond,
      };
      return { figures, notes: [note, `at rest, commands per second: ${named}`] };
    });
  return compareSides(
    oneRound(context),
    `growth, ${tenants} tenants`,
    run,
    GROWING.map(({ figure, title, unit }) => ({
      metric: `growth, ${tenants.toLocaleString('en')} tenants: ${title}`,
      unit,
      figure,
      target: null,
    })),
  );
}

function toChart(
  { file, title, unit }: (typeof GROWING)[number],
  sizes: readonly { readonly tenants: number; readonly row: BenchRow }[],
): BenchChart {
  const series = (['ours', 'reference'] as const).map((side) => ({
    name: side === 'ours' ? 'Sluice' : 'bare BullMQ',
    points: sizes.flatMap(({ tenants, row }) => (row[side] === null ? [] : [{ x: tenants, y: row[side] }])),
  }));
  const described = series.map(
    ({ name, points }) =>
      `${name}: ${points.map(({ x, y }) => `${figureOf(y)} ${unit} at ${figureOf(x)}`).join(', ') || 'not measured'}.`,
  );
  return {
    file,
    title,
    description: `${title} by the number of tenants. ${described.join(' ')}`,
    xLabel: 'tenants in one worker process (logarithmic)',
    yLabel: unit === 'us' ? 'microseconds per job' : unit,
    series,
  };
}

function figureOf(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : 2 });
}
