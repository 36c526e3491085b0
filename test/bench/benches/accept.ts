import type { Bench, BenchOptions, BenchResult } from '../harness/bench.js';
import { openBenchServers } from '../harness/servers.js';
import { ledgerMode, redisMode } from './accept/overHttp.js';
import { rebuild } from './accept/rebuild.js';
import { settled } from './accept/settled.js';
import type { FleetContext, Measure, MeasureResult } from './fleet/measure.js';

/** In the order in which they are run. */
const MEASURES: readonly Measure[] = [ledgerMode, redisMode, settled, rebuild];

/** What it costs that nothing accepted is lost. */
export const accept: Bench = {
  name: 'accept',
  summary: 'What accepting, settling and rebuilding cost, beside bare BullMQ, which loses jobs',
  parts: MEASURES.map(({ name, summary }) => ({ name, summary })),
  method: [
    'Both sides use the same Redis, with its append-only file on as `npm start` runs it; ours uses PostgreSQL beside it, with fsync on. Both sides run in turn, the one that goes first alternates, and medians are taken; a ratio is the median of the rounds’ ratios. All processes share the machine, so what PostgreSQL and Redis use is taken from the process that is measured.',
    ...MEASURES.map(({ name, method }) => `\`${name}\`: ${method}`),
  ],
  async measure(options) {
    const chosen = MEASURES.filter(({ name }) => options.only === null || options.only.includes(name));
    const servers = await openBenchServers(options.redisUrl, options.databaseUrl);
    try {
      return await measureAll(chosen, { ...contextOf(options), servers });
    } finally {
      await servers.close();
    }
  },
};

async function measureAll(chosen: readonly Measure[], context: FleetContext): Promise<BenchResult> {
  const results: MeasureResult[] = [];
  for (const measure of chosen) {
    context.progress(`${measure.name}: ${measure.summary}`);
    results.push(await measure.measure(context));
  }
  return {
    rows: results.flatMap(({ rows }) => rows),
    runs: results.flatMap(({ runs }) => runs),
    charts: results.flatMap(({ charts }) => charts),
  };
}

function contextOf(options: BenchOptions): Omit<FleetContext, 'servers'> {
  const { jobs, seconds, runs, sameJobs, profileDir, progress, tenants } = options;
  return { jobs, seconds, rounds: runs, sameJobs, profileDir, progress, tenants: tenants ?? 1 };
}
