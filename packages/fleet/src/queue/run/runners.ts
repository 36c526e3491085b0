import { createQuietReporter } from '@sluice/shared/telemetry/logger';
import type { IQueueBackend, WorkerOptions } from 'bullmq';
import { Worker } from 'bullmq';
import type { RedisClient } from '../../redis/client.js';
import { KEEP_FINISHED } from '../add/jobOptions.js';
import { FanIn, FOREVER_S } from './fanInBackend.js';
import type { LaneBackends } from './laneBackends.js';
import type { LaneBoard } from './laneBoard.js';
import { createRefusalGate } from './refusalGate.js';
import type { AttemptDeps } from './runAttempt.js';
import { decidedDelayMs, runAttempt } from './runAttempt.js';

/** BullMQ Workers that each run one job at a time, of any lane. */
export interface Runners {
  /** Work can be claimed: wakes an idle runner or creates one, up to the concurrency limit. */
  find(): void;
  areClosed(): boolean;
  /** Claims no more jobs; resolves when all running jobs have ended. */
  close(): Promise<void>;
}

/** Options and dependencies of runners. */
export interface RunnerOptions extends AttemptDeps {
  readonly client: RedisClient;
  readonly workerId: string;
  /** Maximum concurrent jobs in this process. */
  readonly concurrency: number;
  /** Lock duration of a job without renewal, in ms. */
  readonly lockMs: number;
  /** Redis's time, unix ms. */
  readonly serverNow: () => number;
  /** How often every lane is inspected for expired locks and for work that no marker signalled, in ms. */
  readonly sweepMs: number;
}

/** Lost locks are counted by the ledger (see `domain/claim.ts`), so BullMQ's own limit must never apply. */
const NEVER = 1_000_000;

/** BullMQ's settings of every runner. */
export function runnerOptions(options: RunnerOptions): WorkerOptions {
  return {
    connection: options.client,
    concurrency: 1,
    name: options.workerId,
    lockDuration: options.lockMs,
    // Shorter than the sweep interval: BullMQ skips a check that follows the previous one too soon.
    stalledInterval: Math.floor(options.sweepMs * 0.8),
    skipStalledCheck: true,
    maxStalledCount: NEVER,
    drainDelay: FOREVER_S,
    runRetryDelay: 1_000,
    skipVersionCheck: true,
    settings: { backoffStrategy: decidedDelayMs },
    ...KEEP_FINISHED,
  };
}

/** Creates runners on demand. Idle ones are reused first, the most recently used first. */
export function createRunners(board: LaneBoard, backends: LaneBackends, options: RunnerOptions): Runners {
  const runners: { readonly worker: Worker<unknown, unknown, string, IQueueBackend>; readonly fanIn: FanIn }[] = [];
  const idle: FanIn[] = [];
  const quietly = createQuietReporter(10_000, options.now);
  let closed = false;
  const gate = createRefusalGate(wakeAll, options.now, options.log);

  function wakeAll(): void {
    for (const waiting of idle.splice(0)) waiting.wake();
  }

  function start(): void {
    const fanIn = new FanIn(board, backends, (waiting) => idle.push(waiting), options.serverNow, gate);
    const worker = new Worker<unknown, unknown, string, IQueueBackend>(
      'runner',
      async (job, token) => {
        const claim = fanIn.current();
        if (claim === null) throw new Error('a job came without a claim');
        return runAttempt(job, token, claim, options);
      },
      runnerOptions(options),
      () => fanIn.asBackend(),
    );
    worker.on('error', (err) =>
      quietly('runner', (suppressed) =>
        options.log.warn({ component: 'runners', event: 'bullmq_error', err, suppressed }, 'BullMQ reported an error'),
      ),
    );
    runners.push({ worker, fanIn });
  }

  /** Frees the slot for other processes as soon as its own job ends, however long those of other runners take. */
  async function closeRunner({ worker, fanIn }: (typeof runners)[number]): Promise<void> {
    await worker.close();
    fanIn.letGo();
  }

  return {
    find() {
      if (closed) return;
      const waiting = idle.pop();
      if (waiting !== undefined) waiting.wake();
      else if (runners.length < options.concurrency) start();
    },
    areClosed: () => closed,
    async close() {
      closed = true;
      const ended = Promise.all(runners.map(closeRunner));
      gate.end();
      await ended;
    },
  };
}
