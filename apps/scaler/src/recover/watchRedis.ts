import { readNotedEpochs } from '@sluice/fleet/postgres/queries/redisEpochs';
import { countUnfinishedByTenant } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { toLanedJob } from '@sluice/fleet/queue/add/jobOptions';
import { readComparedServers, readRunIds, writeComparedServers } from '@sluice/fleet/redis/commands/comparedServers';
import { readEpochs } from '@sluice/fleet/redis/commands/epochs';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { bucketOf, laneName } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import { judgeEpoch } from '../domain/epoch.js';
import type { Leadership } from '../lead/leaderElection.js';
import type { Rebuilt, RestoreStep } from './rebuildBuckets.js';
import { rebuildBuckets } from './rebuildBuckets.js';
import type { RecoverDeps, RecoveredRows } from './recoverRows.js';
import { GONE_AFTER_MS } from './workerWatch.js';

/** Interval of progress logs during a long rebuild, in ms. */
const TELL_EVERY_MS = 5_000;

/**
 * Delay before undecided rows are swept once more, in ms: by then it is known which processes are gone. Rows still
 * undecided then are left to the slow sweep.
 */
const AGAIN_AFTER_MS = GONE_AFTER_MS + 2_000;

/** Dependencies of watching Redis. */
export interface RedisWatchDeps extends RecoverDeps {
  readonly metrics: Pick<Metrics, 'jobsRequeued' | 'rowsSwept' | 'bucketsLost' | 'rebuildRunning' | 'rebuildSeconds'>;
  readonly restore: readonly RestoreStep[];
  /** Receives the lanes that jobs were added to, as names joined by a space. */
  readonly touched: (laneNames: string) => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** Why Redis is compared with the ledger at full speed. */
interface Doubt {
  readonly reason: 'emptied' | 'unmarked' | 'restarted' | 'undecided';
  readonly buckets: ReadonlySet<number>;
  /** Buckets that lost their data. */
  readonly lost: number;
  /** Servers fully compared afterwards; null when not all buckets are. */
  readonly servers: readonly string[] | null;
}

/**
 * Compares Redis with the ledger at full speed when it may have lost data: a bucket's epoch differs from the ledger's,
 * or a server has not been compared since it started. To be called about every second while leading.
 */
export function createRedisWatch(deps: RedisWatchDeps): (leadership: Leadership) => Promise<void> {
  const { monotonicMs } = deps;
  let again: { readonly atMs: number; readonly buckets: ReadonlySet<number> } | null = null;

  return async (leadership) => {
    await deps.workers.refresh();
    const due = again !== null && monotonicMs() >= again.atMs ? again.buckets : null;
    const doubt = await findDoubt(deps, due);
    if (doubt === null || !leadership.holds()) return;
    const rebuilt = await settleDoubt(doubt, leadership, deps);
    if (!rebuilt.finished) return;
    again = null;
    if (doubt.reason !== 'undecided' && rebuilt.undecided > 0) {
      again = { atMs: monotonicMs() + AGAIN_AFTER_MS, buckets: doubt.buckets };
    }
  };
}

async function findDoubt({ db, redis, keys }: RedisWatchDeps, due: ReadonlySet<number> | null): Promise<Doubt | null> {
  const [noted, found, servers, compared] = await Promise.all([
    readNotedEpochs(db),
    readEpochs(redis.client, keys, BUCKETS),
    readRunIds(redis.client),
    readComparedServers(redis.client, keys),
  ]);
  const judged = BUCKETS.map((bucket) => ({
    bucket,
    verdict: judgeEpoch(noted.get(bucket) ?? null, found.get(bucket) ?? null),
  }));
  const lost = judged.filter(({ verdict }) => verdict === 'lost').length;
  const marred = new Set(judged.filter(({ verdict }) => verdict !== 'kept').map(({ bucket }) => bucket));
  const isOther = servers.some((runId) => !compared.has(runId));
  const buckets = isOther ? new Set(BUCKETS) : new Set([...marred, ...(due ?? [])]);
  if (buckets.size === 0) return null;
  const reason = lost > 0 ? 'emptied' : marred.size > 0 ? 'unmarked' : isOther ? 'restarted' : 'undecided';
  return { reason, buckets, lost, servers: isOther ? servers : null };
}

async function settleDoubt(doubt: Doubt, leadership: Leadership, deps: RedisWatchDeps): Promise<Rebuilt> {
  const { redis, keys, metrics, monotonicMs, log } = deps;
  const { reason, buckets, lost, servers } = doubt;
  const startedMs = monotonicMs();
  const unfinished = await countIn(buckets, deps);
  metrics.bucketsLost.inc(lost);
  if (lost > 0)
    log.warn(
      { component: 'recovery', event: 'redis_data_lost', lost, unfinished },
      `Redis lost the data of ${lost} buckets: adding ${unfinished} unfinished jobs again`,
    );
  else if (unfinished > 0)
    log.info(
      { component: 'recovery', event: 'rebuild_started', reason, unfinished },
      `comparing ${unfinished} unfinished jobs with Redis`,
    );
  metrics.rebuildRunning.set(1);
  try {
    const onPage = tellOf({ reason, unfinished }, deps);
    const rebuilt = await rebuildBuckets(buckets, leadership, { ...deps, onPage });
    const { rows, added, finished, lostAgain } = rebuilt;
    const figures = { reason, rows, added, ms: Math.round(monotonicMs() - startedMs) };
    if (!finished || lostAgain > 0)
      log.warn(
        { component: 'recovery', event: 'rebuild_interrupted', ...figures, lostAgain },
        'failed to finish comparing jobs with Redis: Redis data or leadership was lost; starting over',
      );
    else if (lost > 0 || added > 0)
      log.info(
        { component: 'recovery', event: 'rebuild_finished', ...figures },
        'Redis holds every unfinished job again',
      );
    if (finished && lostAgain === 0 && servers !== null) await writeComparedServers(redis.client, keys, servers);
    return rebuilt;
  } finally {
    metrics.rebuildRunning.set(0);
    metrics.rebuildSeconds.observe((monotonicMs() - startedMs) / 1_000);
  }
}

async function countIn(buckets: ReadonlySet<number>, { db }: RedisWatchDeps): Promise<number> {
  let jobs = 0;
  for (const [tenantId, count] of await countUnfinishedByTenant(db)) if (buckets.has(bucketOf(tenantId))) jobs += count;
  return jobs;
}

function tellOf(
  { reason, unfinished }: { readonly reason: Doubt['reason']; readonly unfinished: number },
  { metrics, touched, monotonicMs, log }: RedisWatchDeps,
): (page: RecoveredRows, sums: { readonly rows: number; readonly added: number }) => void {
  let reportedMs = monotonicMs();
  return (page, sums) => {
    metrics.rowsSwept.inc(page.rows);
    metrics.jobsRequeued.inc({ reason }, page.added.length);
    touched([...new Set(page.added.map((job) => laneName(toLanedJob(job).lane)))].join(' '));
    if (monotonicMs() - reportedMs < TELL_EVERY_MS) return;
    reportedMs = monotonicMs();
    log.info(
      { component: 'recovery', event: 'rebuild_progress', reason, ...sums, of: unfinished },
      'comparing unfinished jobs with Redis',
    );
  };
}
