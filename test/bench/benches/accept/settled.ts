import type { Lane } from '@sluice/shared/domain/lane';
import { compare, interleave } from '../../harness/interleave.js';
import type { Target } from '../../harness/target.js';
import { bareSide } from '../../sides/bareSide.js';
import { ourSide } from '../../sides/ourSide.js';
import type { DrainRun, Side } from '../../sides/workerSide.js';
import { drainOnce } from '../../sides/workerSide.js';
import { toRow } from '../fleet/compareSides.js';
import type { Measure } from '../fleet/measure.js';

const SLOTS = 5;
const SLOT_CONCURRENCY = 10;
const CONCURRENCY = SLOTS * SLOT_CONCURRENCY;
const JOBS = 60_000;
const ROUNDS = 3;
const LANE: Lane = { tenantId: 'bench', queueClass: 'default' };

/** From the queue to the end, with the ledger on our side. */
export const settled: Measure = {
  name: 'settled',
  summary: 'Jobs per second of one worker process, from the queue until settled in the ledger',
  method:
    `${JOBS.toLocaleString('en')} jobs of the same form wait in one queue before the worker process is started, ${CONCURRENCY} run at ` +
    'a time. Ours: a worker process as in production; each job is claimed in PostgreSQL, run as `system.probe`, settled in ' +
    'PostgreSQL, and only then finished in BullMQ; afterwards the ledger must hold every job and attempt as completed. Bare: ' +
    'one process with one BullMQ `Worker` whose processor does nothing. Timed from the first job taken to the last one ' +
    "completed, by the times of BullMQ's own events. CPU time is that of the worker process, of Redis and of all of " +
    "PostgreSQL's processes meanwhile: on a machine whose cores they share, their sum is what bounds the throughput.",
  async measure(context) {
    const lines: string[] = [];
    const run = (name: string, side: Side) => async (): Promise<DrainRun> => {
      const one = await drainOnce(side, context.servers, LANE, context.jobs ?? JOBS);
      lines.push(`settled, ${name}: ${describe(one)}`);
      context.progress(lines.at(-1) ?? '');
      return one;
    };
    const { profileDir } = context;
    const pairs = await interleave(
      {
        ours: run('ours', ourSide({ slots: SLOTS, slotConcurrency: SLOT_CONCURRENCY, profileDir })),
        reference: run('bare', bareSide(CONCURRENCY)),
      },
      { pairs: context.rounds ?? ROUNDS, warmUps: 0 },
    );
    const row = (
      metric: string,
      unit: string,
      figure: (one: DrainRun) => number | null,
      target: Target | null = null,
    ) => toRow({ metric: `settled: ${metric}`, unit, target }, compare(pairs, figure));
    return {
      rows: [
        row('jobs, queue to settled', 'jobs/s', ({ jobsPerSecond }) => jobsPerSecond, {
          of: 'ratio',
          bound: 'at-least',
          value: 0.7,
        }),
        row('CPU of the worker per job', 'us', ({ cpuUsPerJob }) => cpuUsPerJob),
        row('CPU of Redis per job', 'us', ({ redisUsPerJob }) => redisUsPerJob),
        row('CPU of worker, Redis and PostgreSQL per job', 'us', sumOf),
      ],
      runs: lines,
      charts: [],
    };
  },
};

function sumOf({ cpuUsPerJob, redisUsPerJob, postgresUsPerJob }: DrainRun): number | null {
  return cpuUsPerJob === null || postgresUsPerJob === null ? null : cpuUsPerJob + redisUsPerJob + postgresUsPerJob;
}

function describe({ jobsPerSecond, cpuUsPerJob, redisUsPerJob, postgresUsPerJob }: DrainRun): string {
  const us = (figure: number | null): string => (figure === null ? '-' : `${Math.round(figure)} us`);
  return `${Math.round(jobsPerSecond)} jobs/s, CPU per job: worker ${us(cpuUsPerJob)}, Redis ${us(redisUsPerJob)}, PostgreSQL ${us(postgresUsPerJob)}`;
}
