import type { Durability } from '@sluice/shared/contracts/jobs';
import { compare, interleave } from '../../harness/interleave.js';
import type { Target } from '../../harness/target.js';
import type { AcceptRun } from '../../sides/acceptSide.js';
import { bareAcceptSide, measureAccepts, ourAcceptSide } from '../../sides/acceptSide.js';
import { toRow } from '../fleet/compareSides.js';
import type { FleetContext, Measure, MeasureResult } from '../fleet/measure.js';

const CONNECTIONS = 64;
const SECONDS = 5;
const ROUNDS = 5;

const METHOD =
  `a process of its own posts the same job over ${CONNECTIONS} keep-alive connections, each with one request under way; it ` +
  'writes and reads raw sockets, so that it costs a fraction of the servers. Ours is the producer process as in production ' +
  '(API key, schema, position and estimate in the answer). Bare is Fastify with one route that calls `queue.add` and answers ' +
  'the id, in a process of its own with the same Node flags: it checks no credential and no body and writes no ledger; its ' +
  "jobs have our producer's options (`--plain-jobs`: a name and data alone). " +
  `Counted are answers of 202 in ${SECONDS} s, after a warm-up of more than half as long; afterwards every job answered must be there.`;

/** The commit is the acceptance. */
export const ledgerMode: Measure = {
  name: 'ledger',
  summary: 'Jobs accepted per second over HTTP, each committed in PostgreSQL before its answer',
  method: METHOD,
  measure: (context) => compareAccepts(context, 'ledger', { of: 'ratio', bound: 'at-least', value: 0.8 }),
};

/** The add is the acceptance. */
export const redisMode: Measure = {
  name: 'redis',
  summary: 'The same with durability redis: the row follows the answer',
  method: 'as `ledger`, with `durability: redis`; PostgreSQL gets every row all the same, during the measured time.',
  measure: (context) => compareAccepts(context, 'redis', { of: 'ratio', bound: 'at-least', value: 1 }),
};

async function compareAccepts(context: FleetContext, durability: Durability, target: Target): Promise<MeasureResult> {
  const { servers, profileDir, sameJobs } = context;
  const lines: string[] = [];
  const load = { connections: CONNECTIONS, seconds: context.seconds ?? SECONDS, tenants: context.tenants };
  const run = (name: string, side: Parameters<typeof measureAccepts>[0]) => async (): Promise<AcceptRun> => {
    const one = await measureAccepts(side, servers, load);
    lines.push(`${durability}, ${name}: ${describe(one)}`);
    context.progress(lines.at(-1) ?? '');
    return one;
  };
  const pairs = await interleave(
    {
      ours: run('ours', ourAcceptSide({ durability, profileDir })),
      reference: run('bare', bareAcceptSide({ sameJobs, profileDir })),
    },
    { pairs: context.rounds ?? ROUNDS, warmUps: 0 },
  );
  const row = (metric: string, unit: string, figure: (one: AcceptRun) => number | null, wanted: Target | null) =>
    toRow({ metric: `${durability} mode: ${metric}`, unit, target: wanted }, compare(pairs, figure));
  return {
    rows: [
      row('jobs accepted', 'jobs/s', ({ jobsPerSecond }) => jobsPerSecond, target),
      row('answer, median', 'ms', ({ p50Ms }) => p50Ms, null),
      row('answer, 99th percentile', 'ms', ({ p99Ms }) => p99Ms, null),
      row('CPU of the producer per job', 'us', ({ cpuUsPerJob }) => cpuUsPerJob, null),
    ],
    runs: lines,
    charts: [],
  };
}

function describe(run: AcceptRun): string {
  const us = (figure: number | null): string => (figure === null ? '-' : `${Math.round(figure)} us`);
  const cpu = `of the producer ${us(run.cpuUsPerJob)}, Redis ${us(run.redisUsPerJob)}, PostgreSQL ${us(run.postgresUsPerJob)}, the load ${us(run.loadCpuUsPerJob)}`;
  return `${Math.round(run.jobsPerSecond)} jobs/s, answered in ${run.p50Ms.toFixed(1)} ms (median), ${run.p99Ms.toFixed(1)} ms (99 %), CPU per job ${cpu}`;
}
