import { createRedis } from '@sluice/fleet/redis/connect';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { Queue } from 'bullmq';
import { FLEET_TASKS } from '../../../support/fleetTasks.js';
import { nowMs } from '../../harness/childCalls.js';
import { compare, interleave } from '../../harness/interleave.js';
import type { Target } from '../../harness/target.js';
import { describeTarget, meetsTarget } from '../../harness/target.js';
import { openBenchClient } from './openBenchClient.js';
import type { QueuePart } from './part.js';
import { repeat } from './repeat.js';

const JOBS = 20_000;
const ROUNDS = 5;
const AT_ONCE = 64;
const WHO = { role: 'member', submitter: 'ann', traceparent: null, priorityRules: null, recentJobs: 0 } as const;
const TARGET: Target = { of: 'ratio', bound: 'at-least', value: 0.95 };

/** How fast prioritised jobs are taken, against BullMQ's own `add` with a priority. */
export const enqueue: QueuePart = {
  name: 'enqueue',
  summary: 'prioritised jobs added by a library call in redis mode, against bare BullMQ',
  method: `Our side checks the data, scores the job and adds it with durability redis (its row follows), ${AT_ONCE} at a time; the reference is BullMQ's Queue.add with an id and a priority, as many at a time, on a connection of its own.`,
  async measure(servers, { jobs, runs: rounds, progress }) {
    const times = jobs ?? JOBS;
    const tasks = FLEET_TASKS;
    const runs: string[] = [];

    async function timed(add: () => Promise<unknown>): Promise<number> {
      const startedMs = nowMs();
      await repeat(times, AT_ONCE, add);
      return (times / (nowMs() - startedMs)) * 1_000;
    }

    async function ours(): Promise<number> {
      await servers.clear();
      const client = await openBenchClient(servers);
      const body = jobBodySchema.parse({ task: 'system.probe', data: {}, durability: 'redis', priority: 70 });
      try {
        return await timed(() => {
          const who = { id: newId(), tenantId: 'bench', ...WHO } as const;
          return client.acceptor.accept(prepareJob(who, body, tasks));
        });
      } finally {
        await client.close();
      }
    }

    async function reference(): Promise<number> {
      await servers.clear();
      const redis = createRedis(
        { url: servers.environment.REDIS_URL ?? '' },
        'caller',
        createLogger('bench', { level: 'silent' }),
      );
      await redis.start();
      const prefix = servers.keys.queuePrefix('bench');
      const queue = new Queue('bare', { connection: redis.client, prefix });
      try {
        return await timed(() => queue.add('system.probe', {}, { jobId: newId(), priority: 1_000 }));
      } finally {
        await queue.close();
        await redis.stop(AbortSignal.timeout(5_000));
      }
    }

    const onRun = (side: string, pair: number, perSecond: number): void => {
      runs.push(`pair ${pair}, ${side}: ${Math.round(perSecond)} jobs/s`);
      progress(runs.at(-1) ?? '');
    };
    const pairs = await interleave({ ours, reference, onRun }, { pairs: rounds ?? ROUNDS, warmUps: 1 });
    const figures = compare(pairs, (perSecond) => perSecond);
    const target = { target: describeTarget(TARGET), met: meetsTarget(figures, TARGET) };
    return { rows: [{ metric: 'enqueue of prioritised jobs', unit: 'jobs/s', ...figures, ...target }], runs };
  },
};
