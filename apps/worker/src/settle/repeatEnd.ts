import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { DeadLetterDeps } from './deadLetterJob.js';
import { deadLetterJob } from './deadLetterJob.js';

/**
 * The ledger already has the outcome: the previous process died before it reported to BullMQ. Repeats the remaining
 * steps.
 */
export async function repeatEnd(
  active: ActiveJob,
  claimed: ClaimedJob,
  state: JobState,
  deps: DeadLetterDeps,
): Promise<AttemptEnd> {
  deps.log.info(
    { component: 'settle', event: 'job_already_finished', jobId: claimed.id, state },
    'the job had already finished: not run again',
  );
  if (state === 'completed') return { kind: 'completed', result: claimed.result };
  if (state !== 'dead') return { kind: 'bury', message: state };
  const note = {
    jobId: claimed.id,
    task: active.task,
    category: claimed.deathCategory ?? 'exhausted',
    error: claimed.error ?? { code: 'attempt_failed', message: 'unknown' },
    attempts: claimed.fence,
  };
  return deadLetterJob(claimed.tenantId, note, deps);
}
