import type { JobHistory } from '@sluice/fleet/postgres/queries/readJob';
import type { TimelineEntry } from '@sluice/shared/contracts/jobs';

/** An entry that is not sorted yet. */
type Moment = Omit<TimelineEntry, 'at'> & { readonly when: Date | null };

/** A job's history as recorded in the ledger, oldest first. Pure. */
export function buildTimeline({ job, attempts, deaths }: JobHistory): TimelineEntry[] {
  const moments: Moment[] = [
    { when: job.acceptedAt, event: 'accepted' },
    { when: job.queuedAt, event: 'queued' },
    ...attempts.flatMap(toAttemptMoments),
    ...deaths.flatMap(toDeathMoments),
    { when: job.cancelRequestedAt, event: 'cancel_requested' },
    { when: job.finishedAt, event: 'finished', state: job.state },
  ];
  // The sort is stable, so entries of one commit keep the order above.
  return moments
    .flatMap(({ when, ...entry }) => (when === null ? [] : [{ at: when.toISOString(), ...entry }]))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** A death; if the job was redriven, also the earlier events that its row no longer holds. */
function toDeathMoments({ diedAt, error, queuedAt, redrivenAt }: JobHistory['deaths'][number]): Moment[] {
  const died: Moment = { when: diedAt, event: 'died', error };
  if (redrivenAt === null) return [died];
  return [
    { when: queuedAt, event: 'queued' },
    died,
    { when: diedAt, event: 'finished', state: 'dead' },
    { when: redrivenAt, event: 'redriven' },
  ];
}

function toAttemptMoments(attempt: JobHistory['attempts'][number]): Moment[] {
  const { number, workerId, startedAt, finishedAt, outcome, error, retryAt } = attempt;
  return [
    { when: startedAt, event: 'attempt_started', attempt: number, worker: workerId },
    {
      when: finishedAt,
      event: 'attempt_ended',
      attempt: number,
      ...(outcome === null ? {} : { outcome }),
      ...(error === null ? {} : { error }),
      ...(retryAt === null ? {} : { retryAt: retryAt.toISOString() }),
    },
  ];
}
