import type { JobState } from '@sluice/shared/contracts/jobStates';

/** A job's state as it is told: one that is due waits like any other, though nobody has written that down. */
export function shownState(job: { readonly state: JobState; readonly dueAt: Date | null }, nowMs: number): JobState {
  if (job.state !== 'delayed' && job.state !== 'retrying') return job.state;
  return job.dueAt !== null && job.dueAt.getTime() <= nowMs ? 'queued' : job.state;
}
