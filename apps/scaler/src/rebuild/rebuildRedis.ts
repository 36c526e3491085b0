import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import type { RestoreStep } from '../recover/rebuildBuckets.js';
import { rebuildBuckets } from '../recover/rebuildBuckets.js';
import type { RecoverDeps } from '../recover/recoverRows.js';
import { compareRows } from '../recover/recoverRows.js';
import { readAhead, unfinishedPages } from '../recover/unfinishedPages.js';
import type { WorkerWatch } from '../recover/workerWatch.js';
import { createWorkerWatch } from '../recover/workerWatch.js';
import { emptyFleet } from './emptyFleet.js';
import type { RebuildOptions } from './options.js';
import type { RebuildReport } from './report.js';
import type { FleetSurvey } from './surveyFleet.js';
import { surveyFleet } from './surveyFleet.js';

/**
 * Processes without a heartbeat for this long count as gone for this command, in ms: a heartbeat comes every second.
 */
const WAIT_FOR_WORKERS_MS = 5_000;

const ALWAYS = { holds: () => true };
const ALL: ReadonlySet<number> = new Set(BUCKETS);

/** Dependencies of the rebuild command. */
export interface RebuildRedisDeps extends Omit<RecoverDeps, 'workers'> {
  readonly queues: LaneQueues;
  readonly prefix: string;
  readonly restore: readonly RestoreStep[];
  readonly monotonicMs: () => number;
  /** Waits, in ms. */
  readonly pause: (ms: number) => Promise<void>;
  /** Asks for confirmation to delete all keys of the fleet. */
  readonly confirm: () => Promise<boolean>;
  readonly onSurvey: (survey: FleetSurvey) => void;
  /** Receives frequent human-readable progress. */
  readonly onProgress: (text: string) => void;
}

/** Compares the stores and, unless it is a dry run, makes Redis match the ledger. */
export async function rebuildRedis(options: RebuildOptions, deps: RebuildRedisDeps): Promise<RebuildReport> {
  const { db, redis, keys, prefix, onProgress } = deps;
  const survey = await surveyFleet(db, redis.client, keys);
  deps.onSurvey(survey);
  const nothing = { ...survey, deletedKeys: 0, rows: 0, added: 0, left: 0, seconds: 0 };
  if (options.dryRun) return { ...nothing, ...(await compareAll(deps)) };
  if (options.held === 'refuse' && survey.lanes > 0) return { ...nothing, outcome: 'refused' };
  let deletedKeys = 0;
  if (options.held === 'empty') {
    if (!options.yes && !(await deps.confirm())) return { ...nothing, outcome: 'not-confirmed' };
    deletedKeys = await emptyFleet(redis.client, prefix, (gone) => onProgress(`${gone} keys deleted`));
  }
  return { ...nothing, deletedKeys, ...(await addAll(survey, deps)) };
}

type Sums = Pick<RebuildReport, 'outcome' | 'rows' | 'added' | 'left' | 'seconds'>;

async function addAll(survey: FleetSurvey, deps: RebuildRedisDeps): Promise<Sums> {
  const workers = watchWorkers(deps);
  const startedMs = deps.monotonicMs();
  const rebuilt = await rebuildBuckets(ALL, ALWAYS, {
    ...deps,
    workers,
    onPage: (_page, { rows, added }) =>
      deps.onProgress(`${rows} of ${survey.unfinished} rows compared, ${added} jobs added`),
  });
  const { rows, added, undecided: left, finished, lostAgain } = rebuilt;
  const outcome = finished && lostAgain === 0 ? 'done' : 'incomplete';
  return { outcome, rows, added, left, seconds: (deps.monotonicMs() - startedMs) / 1_000 };
}

async function compareAll(deps: RebuildRedisDeps): Promise<Sums> {
  const workers = watchWorkers(deps);
  const startedMs = deps.monotonicMs();
  const sums = { rows: 0, added: 0, left: 0 };
  for await (const page of readAhead(unfinishedPages(deps.db, { rowsPerPage: 1_000 }))) {
    const { rows, lost, undecided } = await compareRows(page, { ...deps, workers });
    sums.rows += rows;
    sums.added += lost.length;
    sums.left += undecided;
    deps.onProgress(`${sums.rows} rows compared`);
  }
  return { outcome: 'compared', ...sums, seconds: (deps.monotonicMs() - startedMs) / 1_000 };
}

/**
 * On the first job that had been running, watches heartbeats for a few seconds, so that jobs of dead processes are
 * added at once.
 */
function watchWorkers({ redis, keys, monotonicMs, pause }: RebuildRedisDeps): WorkerWatch {
  const read = () => readLiveWorkers(redis.client, keys);
  const workers = createWorkerWatch(read, monotonicMs, WAIT_FOR_WORKERS_MS);
  let watched: Promise<void> | null = null;
  async function watch(): Promise<void> {
    await workers.refresh();
    for (let waitedMs = 0; waitedMs <= WAIT_FOR_WORKERS_MS; waitedMs += 1_000) {
      await pause(1_000);
      await workers.refresh();
    }
  }
  return {
    ...workers,
    async refresh() {
      watched ??= watch();
      await watched;
      await workers.refresh();
    },
  };
}
