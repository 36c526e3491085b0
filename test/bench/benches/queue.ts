import type { Bench } from '../harness/bench.js';
import { openBenchServers } from '../harness/servers.js';
import { clientRate } from './queue/clientRate.js';
import { enqueue } from './queue/enqueue.js';
import { estimate } from './queue/estimate.js';
import type { PartResult, QueuePart } from './queue/part.js';
import { position } from './queue/position.js';
import { quotaRace } from './queue/quotaRace.js';
import { startLatency } from './queue/startLatency.js';

const PARTS: readonly QueuePart[] = [enqueue, clientRate, quotaRace, position, startLatency, estimate];

/** What the quota queue promises: priorities, quotas, places, waits, memory. */
export const queue: Bench = {
  name: 'queue',
  summary: 'Priorities, quotas, the queued client, places, latency, memory and estimates of the queue',
  parts: PARTS.map(({ name, summary }) => ({ name, summary })),
  method: PARTS.map(({ name, method }) => `\`${name}\`: ${method}`),
  async measure(options) {
    const servers = await openBenchServers(options.redisUrl, options.databaseUrl);
    const results: PartResult[] = [];
    try {
      for (const part of PARTS) {
        if (options.only !== null && !options.only.includes(part.name)) continue;
        options.progress(`${part.name}: ${part.summary}`);
        results.push(await part.measure(servers, options));
        await servers.clear();
      }
    } finally {
      await servers.close();
    }
    return { rows: results.flatMap(({ rows }) => rows), runs: results.flatMap(({ runs }) => runs) };
  },
};
