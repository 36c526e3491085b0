import type { Bench } from '../harness/bench.js';
import { openBenchServers } from '../harness/servers.js';
import { clientRate } from './queue/clientRate.js';
import { enqueue } from './queue/enqueue.js';
import type { QueuePart } from './queue/part.js';
import { quotaRace } from './queue/quotaRace.js';

const PARTS: readonly QueuePart[] = [enqueue, clientRate, quotaRace];

/** Priorities, quotas and the queued client. */
export const queue: Bench = {
  name: 'queue',
  summary: 'priorities, quotas and the queued client',
  method: PARTS.map(({ name, method }) => `${name}: ${method}`),
  parts: PARTS.map(({ name, summary }) => ({ name, summary })),
  async measure(options) {
    const { jobs, tenants, runs: rounds, progress, only } = options;
    const servers = await openBenchServers(options.redisUrl, options.databaseUrl);
    try {
      const rows = [];
      const runs: string[] = [];
      for (const part of PARTS.filter(({ name }) => only === null || only.includes(name))) {
        progress(`${part.name}: ${part.summary}`);
        const result = await part.measure({ servers, jobs, tenants, rounds, progress });
        rows.push(...result.rows);
        runs.push(...result.runs);
      }
      return { rows, runs };
    } finally {
      await servers.close();
    }
  },
};
