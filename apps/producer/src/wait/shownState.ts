import type { JobState } from '@sluice/shared/contracts/jobStates';

/** A job's reported state: a delayed or retrying job that is due counts as queued, although no store records that. */
export function shownState(job: { readonly state: JobState; readonly dueAt: Date | null }, nowMs: number): JobState {
  if (job.state !== 'delayed' && job.state !== 'retrying') return job.state;
  return job.dueAt !== null && job.dueAt.getTime() <= nowMs ? 'queued' : job.state;
}
