import { setTimeout as pause } from 'node:timers/promises';
import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Log } from '@sluice/shared/lifecycle/service';
import { inSpan } from '@sluice/shared/telemetry/spans';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { Attempt, OwnedAttempt } from '../attempt/attempt.js';
import type { AttemptStop } from '../attempt/attemptStop.js';
import { decideClaim } from '../domain/claim.js';
import { untilWritten } from '../ledger/untilWritten.js';
import type { UpstreamGate } from '../upstream/upstreamGate.js';
import type { Claimer } from './claimJob.js';

/** Dependencies of claiming. */
export interface ClaimDeps {
  readonly claimer: Claimer;
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly upstreams: Pick<UpstreamGate, 'isPaused'>;
  /** Called when a job arrives before it is due: this machine's clock, or another's, may be off. */
  readonly cameEarly: () => void;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** The outcome of claiming. */
export type Claim =
  | { readonly kind: 'owned'; readonly attempt: OwnedAttempt }
  /** The job is already finished in the ledger: a process died before it reported to BullMQ. */
  | { readonly kind: 'over'; readonly claimed: ClaimedJob; readonly state: JobState }
  /** No attempt was started; `end` is what to report to BullMQ. */
  | { readonly kind: 'none'; readonly end: AttemptEnd };

/**
 * A job that arrives earlier than this, in ms, is put back; one that arrives less early is held until due. Above the
 * default clock tolerance.
 */
const HOLD_MS = 2_500;

/** First step of an attempt: claims the job in the ledger, unless there is a reason not to start. */
export async function claimAttempt(attempt: Attempt, deps: ClaimDeps): Promise<Claim> {
  const { active, stop, trace } = attempt;
  // Checked before the ledger: a job that would be refused anyway costs it nothing.
  if (await deps.upstreams.isPaused(active)) {
    trace.ended({ kind: 'held-back' });
    return { kind: 'none', end: { kind: 'release' } };
  }
  const askedMs = deps.monotonicMs();
  const claimed = await trace.run(() => inSpan('claim', () => claimUnlessStopped(attempt, deps)));
  if (claimed === 'stopped') {
    trace.ended({ kind: 'stopped' });
    return { kind: 'none', end: { kind: 'release' } };
  }
  if (claimed === null) {
    trace.ended({ kind: 'unknown-job' });
    return { kind: 'none', end: { kind: 'bury', message: 'the tenant has no such job' } };
  }
  const claimMs = deps.monotonicMs() - askedMs;
  trace.claimed(claimed);
  const verdict = decideClaim(claimed, deps.tasks.find(active.task)?.isolation ?? 'shared');
  switch (verdict.kind) {
    case 'put-back':
      trace.ended(verdict);
      return { kind: 'none', end: await putBack(claimed.id, verdict.delayMs, stop, deps) };
    case 'finish-again':
      trace.ended(verdict);
      return { kind: 'over', claimed, state: verdict.state };
    default:
      return { kind: 'owned', attempt: { ...attempt, claimed, claimMs, plan: verdict } };
  }
}

async function claimUnlessStopped({ active, stop }: Attempt, deps: ClaimDeps): Promise<ClaimedJob | null | 'stopped'> {
  try {
    return await untilWritten('claim', () => deps.claimer.claim(active), deps.log, stop);
  } catch (error) {
    if (stop.reason !== null) return 'stopped';
    throw error;
  }
}

/**
 * A slightly fast clock would promote the job again and again: a job that is a little early is held until it is due;
 * one that is earlier is put back for the remaining time.
 */
async function putBack(jobId: string, earlyMs: number, stop: AttemptStop, deps: ClaimDeps): Promise<AttemptEnd> {
  deps.log.debug(
    { component: 'claims', event: 'job_came_early', jobId, earlyMs },
    'a job came before it was due: put back',
  );
  deps.cameEarly();
  if (earlyMs > HOLD_MS) return { kind: 'defer', delayMs: earlyMs };
  await pause(earlyMs, undefined, { signal: stop.signal }).catch(() => undefined);
  return { kind: 'release' };
}
