import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { Queue } from 'bullmq';
import { until } from '../../support/until.js';

/** Far beyond the end of a test: what runs was not found by the sweep. In ms. */
export const NO_SWEEP_MS = 64 * 3_600_000;

/** The default lanes of so many tenants. */
export function lanesOf(count: number, prefix = 'tenant'): Lane[] {
  return Array.from({ length: count }, (_, index) => ({ tenantId: `${prefix}-${index}`, queueClass: 'default' }));
}

/** Connects to a server of the test's own. */
export async function connectTo(port: number): Promise<RedisService> {
  const redis = createRedis(
    { url: `redis://127.0.0.1:${port}` },
    'consumer',
    createLogger('test', { level: 'silent' }),
  );
  await until(`Redis answers on ${port}`, () =>
    redis.start().then(
      () => true,
      () => false,
    ),
  );
  return redis;
}

/** BullMQ's own client for a lane; no different from anyone's. */
export function plainQueue(lane: Lane, redis: RedisService, keys: FleetKeys): Queue {
  const queue = new Queue(laneName(lane), { connection: redis.client, prefix: keys.queuePrefix(lane.tenantId) });
  queue.on('error', () => undefined);
  return queue;
}

/** Notes which jobs have run. */
export interface Runs {
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  /** `tenant/id` of the jobs that ran, in order, each time that they ran. */
  readonly all: string[];
  /** Resolves when all these have run. */
  wait(jobs: Iterable<string>, withinMs?: number): Promise<void>;
}

/** Runs jobs by doing this, and nothing else when it is left out. */
export function noteRuns(work: (job: ActiveJob) => Promise<unknown> = async () => null): Runs {
  const all: string[] = [];
  return {
    all,
    run: async (job) => {
      all.push(`${job.lane.tenantId}/${job.id}`);
      return { kind: 'completed', result: await work(job) };
    },
    async wait(jobs, withinMs) {
      const missing = new Set(jobs);
      await until(
        'every job has run',
        () => {
          for (const job of all) missing.delete(job);
          return missing.size === 0;
        },
        withinMs,
      ).catch((cause: unknown) => {
        throw new Error(`${missing.size} did not run, such as ${[...missing].slice(0, 5).join(', ')}`, { cause });
      });
    },
  };
}

/** Adds a job with this id to each lane, and names it as `Runs` does. */
export async function addToEach(queues: ReadonlyMap<Lane, Queue>, jobId: string): Promise<string[]> {
  await Promise.all([...queues.values()].map((queue) => queue.add('work', {}, { jobId })));
  return [...queues.keys()].map(({ tenantId }) => `${tenantId}/${jobId}`);
}
