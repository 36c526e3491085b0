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

/** What claiming depends on. */
export interface ClaimDeps {
  readonly claimer: Claimer;
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly upstreams: Pick<UpstreamGate, 'isPaused'>;
  /** A job came before its time: this machine's clock, or another's, may be off. */
  readonly cameEarly: () => void;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** What claiming came to. */
export type Claim =
  | { readonly kind: 'owned'; readonly attempt: OwnedAttempt }
  /** The job is over in the ledger: a process died on its way to telling BullMQ. */
  | { readonly kind: 'over'; readonly claimed: ClaimedJob; readonly state: JobState }
  /** There is no attempt; `end` is what BullMQ is told. */
  | { readonly kind: 'none'; readonly end: AttemptEnd };

/** What comes earlier than this is put back; below, it is held, in ms. Above the bound between clocks by default. */
const HOLD_MS = 2_500;

/** First step of an attempt: makes it the owner of its job in the ledger, unless there is a reason not to start. */
export async function claimAttempt(attempt: Attempt, deps: ClaimDeps): Promise<Claim> {
  const { active, stop, trace } = attempt;
  // Asked before the ledger: a job that would only be refused costs it nothing.
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
 * A clock that is a little fast would promote the job again at once, and again: so what comes a little early is held for its
 * time, and goes back for the rest of the time otherwise.
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
