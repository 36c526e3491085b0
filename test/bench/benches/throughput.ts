import type { Lane } from '@sluice/shared/domain/lane';
import type { Bench } from '../harness/bench.js';
import { compare, interleave } from '../harness/interleave.js';
import { openBenchServers } from '../harness/servers.js';
import { bareSide } from '../sides/bareSide.js';
import { ourSide } from '../sides/ourSide.js';
import { drainOnce } from '../sides/workerSide.js';

const SLOTS = 5;
const SLOT_CONCURRENCY = 10;
const CONCURRENCY = SLOTS * SLOT_CONCURRENCY;
const JOBS = 20_000;
const RUNS = 5;
const LANE: Lane = { tenantId: 'bench', queueClass: 'default' };

/** Jobs per second from the queue until they are settled: our worker path beside bare BullMQ. */
export const throughput: Bench = {
  name: 'throughput',
  summary: 'Jobs per second of one worker process, from the queue until settled, beside bare BullMQ',
  method: [
    `Ours: one worker process (\`apps/worker/dist/bundle/main.js\`) with ${SLOTS} slots of ${SLOT_CONCURRENCY} jobs, so ${CONCURRENCY} at a time. Every job is claimed in PostgreSQL (fence, attempt), run as \`system.probe\` with its data checked and a deadline, settled in PostgreSQL, and only then finished in BullMQ.`,
    `Reference: one process with one BullMQ \`Worker\`, concurrency ${CONCURRENCY}, default settings, and a processor that does nothing. It writes nothing to PostgreSQL and remembers nothing.`,
    `Both: the same Redis, the same jobs in the same form (priority, back-off, at most 100 finished jobs kept), all in one queue before the worker process starts; a fresh process and empty servers for every run.`,
    `Measured from the first job taken to the last one completed, by the times of BullMQ's own event stream (Redis's clock) on both sides, so that starting a process does not count. Runs take turns, the side that goes first alternates, and a first pair is thrown away. Afterwards the ledger must hold every job as completed.`,
    `The ratio is the median of the pairs' ratios.`,
  ],
  async measure(options) {
    const jobs = options.jobs ?? JOBS;
    const servers = await openBenchServers(options.redisUrl, options.databaseUrl);
    const ours = ourSide({ slots: SLOTS, slotConcurrency: SLOT_CONCURRENCY, profileDir: options.profileDir });
    const bare = bareSide(CONCURRENCY);
    const runs: string[] = [];
    try {
      const pairs = await interleave(
        {
          ours: () => drainOnce(ours, servers, LANE, jobs),
          reference: () => drainOnce(bare, servers, LANE, jobs),
          onRun(side, pair, { jobsPerSecond, cpuUsPerJob }) {
            const cpu = cpuUsPerJob === null ? '' : `, ${Math.round(cpuUsPerJob)} us of CPU per job`;
            const name = side === 'ours' ? 'ours' : 'bare BullMQ';
            runs.push(`pair ${pair}, ${name}: ${Math.round(jobsPerSecond)} jobs/s${cpu}`);
            options.progress(runs.at(-1) ?? '');
          },
        },
        { pairs: options.runs ?? RUNS, warmUps: 1 },
      );
      return {
        runs: [`${jobs} jobs per run`, ...runs],
        rows: [
          {
            metric: 'throughput, queue to settled',
            unit: 'jobs/s',
            ...compare(pairs, (run) => run.jobsPerSecond),
            target: null,
            met: null,
          },
          {
            metric: 'CPU time of the worker process per job',
            unit: 'us',
            ...compare(pairs, (run) => run.cpuUsPerJob),
            target: null,
            met: null,
          },
        ],
      };
    } finally {
      await servers.close();
    }
  },
};
