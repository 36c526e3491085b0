import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, BenchResult } from '../harness/bench.js';
import { makeRoomFor } from '../harness/openFiles.js';
import { openBenchServers } from '../harness/servers.js';
import { fairness } from './fleet/fairness.js';
import { flood } from './fleet/flood.js';
import { growth } from './fleet/growth.js';
import { idle } from './fleet/idle.js';
import { latency } from './fleet/latency.js';
import { look } from './fleet/look.js';
import type { FleetContext, Measure, MeasureResult } from './fleet/measure.js';
import { neighbour } from './fleet/neighbour.js';
import { paced } from './fleet/paced.js';
import { single } from './fleet/single.js';
import { start } from './fleet/start.js';

const TENANTS = 10_000;

const MEASURES: readonly Measure[] = [start, idle, latency, flood, paced, single, neighbour, fairness, look, growth];

/** What the engine that runs ten thousand tenants in one process costs, beside a plain Worker per tenant. */
export const fleet: Bench = {
  name: 'fleet',
  summary: 'Many tenants in one worker process, beside one bare BullMQ Worker per tenant',
  parts: MEASURES.map(({ name, summary }) => ({ name, summary })),
  method: [
    "Ours: one process that runs the worker's engine (lanes, slots, turns, wake hub) from the queue to the job's function and back. There is no PostgreSQL on either side, since bare BullMQ has no ledger: what the ledger costs is measured by `throughput`.",
    "Bare: one process with a plain BullMQ `Worker` per tenant, at its best: all share one ordinary connection beside the blocking one that each makes, `drainDelay` is 60 s, none looks for stalled jobs or asks for the server's version, and its jobs are ours, with the same id, priority and options (`--plain-jobs` gives it a name and data alone, which costs BullMQ a quarter less).",
    "Both: the same Redis, with its append-only file on as `npm start` runs it, a fresh worker process for each run, its jobs added by another process (ours through the producer's own code, which registers lanes), and the same function for a job, which counts. Both sides run in turn, the one that goes first alternates, and medians of three rounds are taken of flood, paced and single (one round of the others, which take minutes or are of many jobs); a ratio is the median of the rounds' ratios.",
    ...MEASURES.map(({ name, method }) => `\`${name}\`: ${method}`),
  ],
  async measure(options) {
    const chosen = MEASURES.filter(({ name }) => options.only === null || options.only.includes(name));
    const servers = await openBenchServers(options.redisUrl, options.databaseUrl);
    const tenants = options.tenants ?? TENANTS;
    try {
      const giveBack = await makeRoomFor(tenants, servers.redis.client);
      try {
        return await measureAll(chosen, { ...contextOf(options), servers, tenants }, options.save);
      } finally {
        await giveBack();
      }
    } finally {
      await servers.close();
    }
  },
};

async function measureAll(chosen: readonly Measure[], context: FleetContext, explain: boolean): Promise<BenchResult> {
  const results: MeasureResult[] = [];
  const profiles: string[] = [];
  for (const measure of chosen) {
    context.progress(`${measure.name}: ${measure.summary}`);
    const result = await measure.measure(context);
    results.push(result);
    if (explain && result.rows.some(({ met }) => met === false))
      profiles.push(...(await explainMiss(measure, context)));
  }
  return {
    rows: results.flatMap(({ rows }) => rows),
    runs: results.flatMap(({ runs }) => runs),
    charts: results.flatMap(({ charts }) => charts),
    profiles,
  };
}

/** One more round with profiles, whose figures do not count: what it tells on its way. */
async function explainMiss(measure: Measure, context: FleetContext): Promise<string[]> {
  const profileDir = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const told: string[] = [];
  try {
    await measure.measure({ ...context, rounds: 1, profileDir, progress: (text) => told.push(...text.split('\n')) });
  } finally {
    await rm(profileDir, { recursive: true });
  }
  return told.map((line) => line.replace(`, ${profileDir}/`, ', '));
}

function contextOf(options: BenchOptions): Omit<FleetContext, 'servers' | 'tenants'> {
  const { jobs, seconds, runs, sameJobs, profileDir, progress } = options;
  return { jobs, seconds, rounds: runs, sameJobs, profileDir, progress };
}
