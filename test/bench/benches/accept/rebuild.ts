import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@sluice/fleet/postgres/connect';
import { readNotedEpochs } from '@sluice/fleet/postgres/queries/redisEpochs';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readEpochs } from '@sluice/fleet/redis/commands/epochs';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { FleetProcess } from '../../../support/fleetProcess.js';
import { startFleetProcess } from '../../../support/fleetProcess.js';
import { startRedisServer } from '../../../support/redisServer.js';
import { writeQueuedJobs } from '../../../support/writeJobs.js';
import { nowMs } from '../../harness/childCalls.js';
import type { BenchServers } from '../../harness/servers.js';
import { measureOurs } from '../fleet/compareSides.js';
import type { Measure } from '../fleet/measure.js';
import { tellProfile } from '../fleet/runFleet.js';

const JOBS = 100_000;
const TENANTS = 1_000;
/** The append-only file as `npm start` and the compose file have it. */
const REDIS_CONF = [
  'appendonly yes',
  'appendfsync everysec',
  'save ""',
  'maxmemory-policy noeviction',
  'hash-max-listpack-value 1024',
];
const GIVE_UP_MS = 180_000;

/** How long a fleet whose Redis was emptied is without a part of its jobs. */
export const rebuild: Measure = {
  name: 'rebuild',
  summary: 'Time until Redis holds every unfinished job again after it was emptied',
  method:
    `A scaler process of its own leads, on a redis-server of its own with its append-only file on. The ledger holds ${JOBS.toLocaleString('en')} ` +
    `unfinished jobs of ${TENANTS.toLocaleString('en')} tenants, which say that they are queued. Redis is emptied (FLUSHALL) and the time taken until ` +
    'the ledger has noted that all 64 buckets are whole; then the jobs in all lanes are counted. It includes the second in ' +
    "which the loss is found. Jobs per second are those of the rebuild alone, by the scaler's own log.",
  measure(context) {
    const jobs = context.jobs ?? JOBS;
    return measureOurs(
      context,
      `rebuild, ${jobs} jobs of ${TENANTS} tenants`,
      async () => {
        const { wholeAfterMs, cpuUsPerJob, line, profile } = await rebuildOnce({ ...context, jobs });
        if (profile !== null) await tellProfile(context, 'the scaler', profile);
        const [rows, ms] = [Number(line.rows), Number(line.ms)];
        return {
          figures: { whole: wholeAfterMs / 1_000, rate: (rows / ms) * 1_000 },
          notes: [
            `${line.added} of ${rows} rows were added in ${ms} ms; CPU of the scaler: ${cpuUsPerJob.toFixed(0)} us per job`,
          ],
        };
      },
      [
        {
          metric: `${jobs.toLocaleString('en')} jobs: time from an emptied Redis until it holds all again`,
          unit: 's',
          figure: 'whole',
          target: { of: 'ours', bound: 'at-most', value: 15 },
        },
        {
          metric: 'jobs per second of the rebuild',
          unit: 'jobs/s',
          figure: 'rate',
          target: { of: 'ours', bound: 'at-least', value: 10_000 },
        },
      ],
    );
  },
};

interface RebuildRun {
  readonly servers: BenchServers;
  readonly jobs: number;
  readonly profileDir: string | null;
}

async function rebuildOnce({ servers, jobs, profileDir }: RebuildRun) {
  const server = await startRedisServer(REDIS_CONF);
  const url = `redis://127.0.0.1:${server.port}`;
  const redis = createRedis({ url }, 'consumer', createLogger('bench', { level: 'silent' }));
  try {
    await redis.start();
    const names = Array.from({ length: TENANTS }, (_, index) => `tenant-${index}`);
    await servers.clear();
    const scaler = await startFleetProcess('scaler', {
      ...servers.environment,
      REDIS_URL: url,
      ...(profileDir === null ? {} : profiling(profileDir)),
    });
    try {
      await untilWhole(servers, redis, 'the first start');
      const data = { url: 'https://example.com/hook', body: { order: 'o-1', amount: 100, note: 'x'.repeat(100) } };
      await writeQueuedJobs(servers.postgres.db, { tenants: names, jobs, data });
      const emptiedMs = nowMs();
      const past = scaler.lines.length;
      const cpuBeforeS = await cpuSecondsOf(scaler);
      await redis.client.flushall();
      await untilWhole(servers, redis, 'the rebuild');
      const wholeAfterMs = nowMs() - emptiedMs;
      const cpuUsPerJob = ((await cpuSecondsOf(scaler)) - cpuBeforeS) * (1e6 / jobs);
      await assertHolds(redis, servers, { names, jobs });
      return { wholeAfterMs, cpuUsPerJob, line: lineOf(scaler, past), profile: profileOf(scaler, profileDir) };
    } finally {
      await scaler.stop();
    }
  } finally {
    await redis.stop(AbortSignal.timeout(5_000));
    await server.stop();
    await forgetEpochs(servers.postgres.db);
  }
}

/** Resolves when the ledger has noted the epochs that all buckets of Redis carry. */
async function untilWhole({ postgres, keys }: BenchServers, redis: RedisService, what: string): Promise<void> {
  const giveUpAt = nowMs() + GIVE_UP_MS;
  for (;;) {
    const [noted, found] = await Promise.all([readNotedEpochs(postgres.db), readEpochs(redis.client, keys, BUCKETS)]);
    if (BUCKETS.every((bucket) => noted.has(bucket) && noted.get(bucket) === found.get(bucket))) return;
    if (nowMs() > giveUpAt) throw new Error(`${what} was not over within ${GIVE_UP_MS} ms`);
    await pause(100);
  }
}

async function assertHolds(
  redis: RedisService,
  { keys }: BenchServers,
  { names, jobs }: { readonly names: readonly string[]; readonly jobs: number },
): Promise<void> {
  const queues = createLaneQueues(redis.client, keys);
  const counts = await Promise.all(names.map((tenantId) => queues.counts({ tenantId, queueClass: 'default' })));
  await queues.close();
  const held = counts.reduce((sum, { waiting }) => sum + waiting, 0);
  if (held !== jobs) throw new Error(`Redis holds ${held} of ${jobs} jobs`);
}

/** By its own metric; all of the process, garbage collection included. */
async function cpuSecondsOf(scaler: FleetProcess): Promise<number> {
  const text = await (await fetch(new URL('/metrics', scaler.url))).text();
  return Number(/^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1]);
}

/** What the scaler said at the end of the rebuild. */
function lineOf(scaler: FleetProcess, past: number): Record<string, unknown> {
  const line = scaler.lines.slice(past).findLast(({ event }) => event === 'rebuild_finished');
  if (line === undefined) throw new Error('the scaler did not say that it rebuilt Redis');
  return line;
}

function profiling(directory: string): Record<string, string> {
  const profiler = new URL('../../sides/profileProcess.js', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${profiler}`, PROFILE_DIR: directory, PROFILE_NAME: 'scaler' };
}

function profileOf(scaler: FleetProcess, profileDir: string | null): string | null {
  return profileDir === null ? null : join(profileDir, `scaler-${scaler.child.pid}.cpuprofile`);
}

async function forgetEpochs(db: Database): Promise<void> {
  await db.$client.query('TRUNCATE redis_epochs');
}
