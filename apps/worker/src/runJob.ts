import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import { inSpan } from '@sluice/shared/telemetry/spans';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { OwnedAttempt } from './attempt/attempt.js';
import { traceAttempt } from './attempt/attemptTrace.js';
import type { AttemptVerdict } from './attempt/attemptVerdict.js';
import type { RunningJobs } from './attempt/runningJobs.js';
import type { ClaimDeps } from './claim/claimAttempt.js';
import { claimAttempt } from './claim/claimAttempt.js';
import { ledgerIdOf } from './claim/claimJob.js';
import type { ExecuteDeps } from './execute/executeAttempt.js';
import { executeAttempt } from './execute/executeAttempt.js';
import type { ServiceTimes } from './execute/serviceTimes.js';
import type { TenantMeasures } from './measure/tenantMeasures.js';
import { repeatEnd } from './settle/repeatEnd.js';
import type { SettleDeps } from './settle/settleAttempt.js';
import { settleAttempt } from './settle/settleAttempt.js';

/** Dependencies of {@link runJob}. */
export interface RunJobDeps extends ClaimDeps, ExecuteDeps, SettleDeps {
  readonly upstreams: ClaimDeps['upstreams'] & ExecuteDeps['upstreams'];
  readonly running: RunningJobs;
  readonly serviceTimes: Pick<ServiceTimes, 'note'>;
  readonly metrics: ExecuteDeps['metrics'] & Pick<Metrics, 'attemptsEnded'>;
  readonly measures: ExecuteDeps['measures'] & Pick<TenantMeasures, 'ended'>;
}

/**
 * Maximum that claiming and settling add to a job's service time, in ms: a ledger outage says nothing about the next
 * jobs.
 */
const LEDGER_SHARE_MS = 1_000;

/** Claims, executes and settles a job. Returns what to report to BullMQ. */
export async function runJob(active: ActiveJob, deps: RunJobDeps): Promise<AttemptEnd> {
  const stay = deps.running.enter(ledgerIdOf(active));
  active.onSlotLost(() => stay.stop.stop('slot-lost'));
  const trace = traceAttempt(active);
  try {
    const claim = await claimAttempt({ active, stop: stay.stop, trace }, deps);
    if (claim.kind === 'none') return claim.end;
    if (claim.kind === 'over') return await repeatEnd(active, claim.claimed, claim.state, deps);
    const { attempt } = claim;
    const beganMs = deps.monotonicMs();
    const verdict = await executeAttempt(attempt, deps);
    const endedMs = deps.monotonicMs();
    noteVerdict(attempt, verdict, deps);
    const end = await settle(attempt, verdict, deps);
    noteServiceTime(attempt, verdict, { ranMs: endedMs - beganMs, settleMs: deps.monotonicMs() - endedMs }, deps);
    return end;
  } finally {
    trace.end();
    stay.leave();
  }
}

function settle({ active, claimed, trace }: OwnedAttempt, verdict: AttemptVerdict, deps: RunJobDeps) {
  const { id, tenantId, fence } = claimed;
  const job = { id, tenantId, fence, task: active.task, queueClass: active.lane.queueClass };
  return trace.run(() => inSpan('settle', () => settleAttempt(job, verdict, deps)));
}

function noteVerdict({ active, trace }: OwnedAttempt, verdict: AttemptVerdict, deps: RunJobDeps): void {
  deps.metrics.attemptsEnded.inc({ task: taskLabel(active.task, deps.tasks), outcome: verdict.kind });
  deps.measures.ended(active.lane.tenantId, verdict.kind);
  trace.ended(verdict);
}

/**
 * The whole time that a job occupied its place delays the jobs behind it: for jobs of a few ms, half of it is the
 * ledger's.
 */
function noteServiceTime(
  { active, claimMs, plan }: OwnedAttempt,
  verdict: AttemptVerdict,
  { ranMs, settleMs }: { readonly ranMs: number; readonly settleMs: number },
  { serviceTimes }: RunJobDeps,
): void {
  if (plan.kind !== 'run' || 'neverRan' in verdict) return;
  serviceTimes.note(active.lane, ranMs + Math.min(claimMs + settleMs, LEDGER_SHARE_MS));
}

/** Plain clients may name any task; the cardinality of a metric's label must stay bounded. */
function taskLabel(task: string, tasks: Pick<TaskCatalogue, 'find'>): string {
  return tasks.find(task) === undefined ? 'unknown' : task;
}
