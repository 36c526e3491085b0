import type { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import type { PutBacks as PutBackCount } from '../domain/putBack.js';
import { decidePutBack } from '../domain/putBack.js';

/** Puts back jobs that this worker cannot run, for a worker of another version or pool that can. */
export interface PutBacks {
  /**
   * Decides what becomes of a job that cannot run here.
   * @param error `unknown_task`, or `invalid_request` for data that this version's schema refuses
   */
  decide(jobId: string, task: string, error: FleetError): Promise<AttemptVerdict>;
}

/** Dependencies of putting back. */
export interface PutBackDeps {
  /** Counts a job's put-backs; rejects while the ledger is unavailable. */
  readonly read: (jobId: string) => Promise<PutBackCount>;
  /** How long a job may be put back before it is dead-lettered, in ms. */
  readonly patienceMs: number;
  readonly metrics: Pick<Metrics, 'unknownTasks'>;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly log: Log;
}

/** Minimum interval between two log lines about a task, in ms. */
const LOG_EVERY_MS = 60_000;

/** Maximum number of tasks whose last log line is remembered: plain clients may name any number of them. */
const MOST_LOGGED_TASKS = 1_000;

const NEVER: PutBackCount = { times: 0, forMs: 0 };

/** Creates the put-back decisions, with nothing logged yet. */
export function createPutBacks({ read, patienceMs, metrics, monotonicMs, random, log }: PutBackDeps): PutBacks {
  const loggedMs = new Map<string, number>();

  function logOnce(task: string, jobId: string, error: FleetError): void {
    const nowMs = monotonicMs();
    if (nowMs - (loggedMs.get(task) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    if (loggedMs.size >= MOST_LOGGED_TASKS) loggedMs.clear();
    loggedMs.set(task, nowMs);
    const { code } = error;
    log.warn(
      { component: 'execute', event: 'job_put_back', task, jobId, code, patienceMs },
      `failed to run a job here: ${error.message}; put back for a worker that can`,
    );
  }

  return {
    async decide(jobId, task, error) {
      // No job is given up while the ledger is unavailable: the settlement that follows waits for it anyway.
      const count = patienceMs === 0 ? NEVER : await read(jobId).catch(() => NEVER);
      const verdict = decidePutBack(count, patienceMs, random);
      if (verdict.kind === 'give-up') return { kind: 'bury', category: 'invalid', error };
      metrics.unknownTasks.inc({ reason: error.code === 'unknown_task' ? 'no_handler' : 'data_refused' });
      logOnce(task, jobId, error);
      return { ...verdict, error, neverRan: true };
    },
  };
}
