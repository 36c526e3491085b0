import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { newId } from '@sluice/shared/ids/ids';
import { quantile } from '../../../support/quantile.js';
import { TASK } from '../../sides/fillLane.js';
import type { QueuePart } from './part.js';
import { ownRow } from './part.js';

const WAITING = 100_000;
const LOOKUPS = 5_000;
const JOBS_PER_ADD = 1_000;
const LANE = { tenantId: 'bench', queueClass: 'default' } as const;

/** How long it takes to say where a job stands. */
export const position: QueuePart = {
  name: 'position',
  summary: 'Time to look up the place of a job in a long lane, and what a waiting job takes in Redis',
  method:
    `${WAITING.toLocaleString('en')} jobs with 200 bytes of data and mixed priorities wait in one lane. ${LOOKUPS} places, spread over the ` +
    "lane, are asked for one after the other by the producer's own code. Memory is what Redis's `used_memory` grew by, by job.",
  async measure({ redis, keys }, options) {
    const waiting = options.jobs ?? WAITING;
    const queues = createLaneQueues(redis.client, keys);
    const ids = Array.from({ length: waiting }, newId);
    const data = { note: 'x'.repeat(200 - '{"note":""}'.length) };
    const usedBytes = async (): Promise<number> =>
      Number(/^used_memory:(\d+)/m.exec(await redis.client.info('memory'))?.[1]);
    try {
      const before = await usedBytes();
      for (let from = 0; from < waiting; from += JOBS_PER_ADD) {
        await queues.add(
          ids.slice(from, from + JOBS_PER_ADD).map((id, index) => ({
            lane: LANE,
            job: {
              id,
              task: TASK,
              data,
              queuePriority: 1_000_000 + ((from + index * 7_919) % 20_000),
              maxAttempts: 4,
              delayMs: 0,
            },
          })),
        );
        options.progress(`${Math.min(waiting, from + JOBS_PER_ADD)} jobs wait`);
      }
      const bytesPerJob = ((await usedBytes()) - before) / waiting;
      const tookMs: number[] = [];
      for (let i = 0; i < Math.min(LOOKUPS, waiting); i++) {
        const id = ids[(i * 7_919) % waiting] ?? '';
        const startedMs = performance.now();
        const place = await queues.position(LANE, id);
        tookMs.push(performance.now() - startedMs);
        if (place === null) throw new Error(`the job ${id} does not wait`);
      }
      const [p50, p99] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99)];
      const among = `place of a job among ${waiting.toLocaleString('en')}`;
      return {
        rows: [
          ownRow(`${among}, p50`, 'ms', p50, null),
          ownRow(`${among}, p99`, 'ms', p99, { of: 'ours', bound: 'at-most', value: 2 }),
          ownRow('Redis memory of a waiting job with 200 bytes of data', 'bytes', bytesPerJob, {
            of: 'ours',
            bound: 'at-most',
            value: 1_024,
          }),
        ],
        runs: [
          `${tookMs.length} lookups, longest ${quantile(tookMs, 1)?.toFixed(2)} ms; ${Math.round(bytesPerJob)} bytes a job`,
        ],
      };
    } finally {
      await queues.close();
    }
  },
};
