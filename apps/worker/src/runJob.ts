import { setTimeout as pause } from 'node:timers/promises';
import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { LaneQueues } from '@sluice/fleet/queue/laneQueues';
import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/runAttempt';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import { inSpan } from '@sluice/shared/telemetry/spans';
import type { TaskHandler } from '@sluice/tasks/jobContext';
import type { Isolation as Place, TaskContract } from '@sluice/tasks/task';
import type { TaskCatalogue } from '@sluice/tasks/taskCatalogue';
import type { AttemptTrace } from './attemptTrace.js';
import { traceAttempt } from './attemptTrace.js';
import type { Claimer } from './claim/claimJob.js';
import { ledgerIdOf } from './claim/claimJob.js';
import type { ClaimVerdict } from './domain/claim.js';
import { decideClaim } from './domain/claim.js';
import type { AttemptStop } from './execute/attemptStop.js';
import type { Effects } from './execute/effects.js';
import type { Execution } from './execute/executeTask.js';
import { executeTask } from './execute/executeTask.js';
import { judgeExecution } from './execute/judgeExecution.js';
import type { RunningJobs } from './execute/runningJobs.js';
import type { ServiceTimes } from './execute/serviceTimes.js';
import type { UpstreamGate } from './execute/upstreamGate.js';
import type { Isolation } from './isolate/isolation.js';
import type { TenantMeasures } from './measure/tenantMeasures.js';
import { buryJob } from './settle/buryJob.js';
import type { LedgerWriter } from './settle/ledgerWriter.js';
import type { AttemptVerdict } from './settle/settleAttempt.js';
import { settleAttempt } from './settle/settleAttempt.js';
import { untilWritten } from './settle/untilWritten.js';
import type { TaskHandlers } from './tasks/index.js';

/** What comes earlier than this is put back; below, it is held, in ms. Above the bound between clocks by default. */
const HOLD_MS = 2_500;

/** What claiming and settling add to a job's service time at most, in ms: a ledger that was away says nothing of the next jobs. */
const LEDGER_SHARE_MS = 1_000;

/** What the life of a job in a worker needs. */
export interface RunJobParts {
  readonly claimer: Claimer;
  readonly ledger: LedgerWriter;
  readonly effects: Effects;
  readonly queues: Pick<LaneQueues, 'bury' | 'unbury'>;
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly upstreams: UpstreamGate;
  readonly handlers: TaskHandlers;
  readonly isolation: Isolation;
  readonly running: RunningJobs;
  readonly serviceTimes: Pick<ServiceTimes, 'note'>;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly metrics: Metrics;
  /** A job came before its time: this machine's clock, or another's, may be off. */
  readonly cameEarly: () => void;
  readonly measures: TenantMeasures;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly log: Log;
}

/** A job that runs, and where. */
interface PlacedJob extends ClaimedJob {
  readonly place: Place;
}

/** A job's life in a worker: claim, execute, settle. The answer is what BullMQ is told in the end. */
export async function runJob(active: ActiveJob, parts: RunJobParts): Promise<AttemptEnd> {
  const stay = parts.running.enter(ledgerIdOf(active));
  active.onSlotLost(() => stay.stop.stop('slot-lost'));
  const traced = traceAttempt(active);
  try {
    // Asked before the ledger: a job that would only be refused costs it nothing.
    if (await parts.upstreams.isHeldBack(active)) {
      traced.ended({ kind: 'held-back' });
      return { kind: 'release' };
    }
    const takenMs = parts.monotonicMs();
    const claimed = await traced.run(() => inSpan('claim', () => claimUnlessStopped(active, stay.stop, parts)));
    if (claimed === 'stopped' || claimed === null) {
      traced.ended({ kind: claimed === null ? 'unknown-job' : 'stopped' });
      return claimed === null ? { kind: 'bury', message: 'the tenant has no such job' } : { kind: 'release' };
    }
    const claimedMs = parts.monotonicMs();
    traced.claimed(claimed);
    const verdict = decideClaim(claimed, parts.tasks.find(active.task)?.isolation ?? 'shared');
    if (verdict.kind === 'put-back' || verdict.kind === 'finish-again') traced.ended(verdict);
    if (verdict.kind === 'put-back') return await putBack(claimed.id, verdict.delayMs, stay.stop, parts);
    if (verdict.kind === 'finish-again') return await finishAgain(active, claimed, verdict, parts);
    const outcome =
      verdict.kind === 'run'
        ? await traced.run(() =>
            attempt(active, { claimed: { ...claimed, place: verdict.isolation }, stop: stay.stop, traced }, parts),
          )
        : refuse(verdict);
    const endedMs = parts.monotonicMs();
    parts.metrics.attemptsEnded.inc({ task: taskLabel(active.task, parts.tasks), outcome: outcome.kind });
    parts.measures.ended(active.lane.tenantId, outcome.kind);
    traced.ended(outcome);
    const { id, tenantId, fence } = claimed;
    const job = { id, tenantId, fence, task: active.task, queueClass: active.lane.queueClass };
    const end = await traced.run(() => inSpan('settle', () => settleAttempt(job, outcome, parts)));
    const ledgerMs = claimedMs - takenMs + parts.monotonicMs() - endedMs;
    if (verdict.kind === 'run') noteServiceTime(active, outcome, { ranMs: endedMs - claimedMs, ledgerMs }, parts);
    return end;
  } finally {
    traced.end();
    stay.leave();
  }
}

/** For those that wait, all of the time that it kept its place counts: of jobs of a few ms, half is the ledger's. */
function noteServiceTime(
  { lane }: ActiveJob,
  outcome: AttemptVerdict,
  { ranMs, ledgerMs }: { readonly ranMs: number; readonly ledgerMs: number },
  parts: RunJobParts,
): void {
  if (!('neverRan' in outcome)) parts.serviceTimes.note(lane, ranMs + Math.min(ledgerMs, LEDGER_SHARE_MS));
}

async function claimUnlessStopped(
  active: ActiveJob,
  stop: AttemptStop,
  parts: RunJobParts,
): Promise<ClaimedJob | null | 'stopped'> {
  try {
    return await untilWritten('claim', () => parts.claimer.claim(active), parts.log, stop);
  } catch (error) {
    if (stop.reason !== null) return 'stopped';
    throw error;
  }
}

/**
 * A clock that is a little fast would promote the job again at once, and again: so what comes a little early is held for its
 * time, and goes back for the rest of the time otherwise.
 */
async function putBack(jobId: string, earlyMs: number, stop: AttemptStop, parts: RunJobParts): Promise<AttemptEnd> {
  parts.log.debug({ jobId, earlyMs }, 'a job came before its time and goes back');
  parts.cameEarly();
  if (earlyMs > HOLD_MS) return { kind: 'defer', delayMs: earlyMs };
  await pause(earlyMs, undefined, { signal: stop.signal }).catch(() => undefined);
  return { kind: 'release' };
}

/** The ledger has the outcome already: the process before died on its way to BullMQ. What follows is repeated. */
async function finishAgain(
  active: ActiveJob,
  claimed: ClaimedJob,
  { state }: Extract<ClaimVerdict, { kind: 'finish-again' }>,
  parts: RunJobParts,
): Promise<AttemptEnd> {
  parts.log.info({ jobId: claimed.id, state }, 'the job was over already');
  if (state === 'completed') return { kind: 'completed', result: claimed.result };
  if (state === 'dead') {
    const error = claimed.error ?? { code: 'attempt_failed', message: 'unknown' };
    const note = {
      jobId: claimed.id,
      task: active.task,
      category: claimed.deathCategory ?? 'exhausted',
      error,
      attempts: claimed.fence,
    };
    return buryJob(claimed.tenantId, note, parts);
  }
  return { kind: 'bury', message: state };
}

function refuse(verdict: Exclude<ClaimVerdict, { kind: 'run' | 'finish-again' | 'put-back' }>): AttemptVerdict {
  if (verdict.kind === 'cancel') return { kind: 'cancel' };
  const error = new FleetError('attempt_failed', 'every process that ran this job died or lost its lock');
  return { kind: 'bury', category: 'poison', error };
}

async function attempt(
  active: ActiveJob,
  { claimed, stop, traced }: { readonly claimed: PlacedJob; readonly stop: AttemptStop; readonly traced: AttemptTrace },
  parts: RunJobParts,
): Promise<AttemptVerdict> {
  const contract = parts.tasks.find(active.task);
  if (contract === undefined) {
    const error = new FleetError('unknown_task', `this fleet has no task ${active.task}`);
    return { kind: 'bury', category: 'invalid', error };
  }
  const pass = await parts.upstreams.enter(active, claimed, contract, stop);
  if (pass.kind === 'refused') return { kind: 'release', neverRan: true };
  if (pass.kind === 'put-off') return pass.verdict;
  try {
    const execution = await carryOut(active, { claimed, contract, traced }, stop, parts);
    const policy = { ...contract.retry, maxRetries: claimed.maxAttempts - 1 };
    return await pass.judge(execution, judgeExecution(execution, claimed, policy, parts.random));
  } finally {
    pass.leave();
  }
}

/** Executes, tells of the start, and measures. */
async function carryOut(
  active: ActiveJob,
  {
    claimed,
    contract,
    traced,
  }: { readonly claimed: PlacedJob; readonly contract: TaskContract; readonly traced: AttemptTrace },
  stop: AttemptStop,
  parts: RunJobParts,
): Promise<Execution> {
  if (claimed.isFirstStart) {
    parts.metrics.waitSeconds.observe({ task: contract.name }, claimed.ageMs / 1_000);
    parts.measures.waited(claimed.tenantId, claimed.ageMs / 1_000);
  }
  const { id: jobId, tenantId } = claimed;
  parts.feed.tell({
    kind: 'state',
    jobId,
    tenantId,
    queueClass: active.lane.queueClass,
    state: 'active',
    attempt: claimed.fence,
  });
  const startedMs = parts.monotonicMs();
  const traceparent = traced.traceparent() ?? claimed.traceparent;
  const execution = await execute(active, { claimed: { ...claimed, traceparent }, contract }, stop, parts);
  const tookMs = parts.monotonicMs() - startedMs;
  parts.metrics.attemptSeconds.observe({ task: contract.name }, tookMs / 1_000);
  parts.measures.ran(tenantId, tookMs / 1_000);
  return execution;
}

/** Runs the handler where the claim said: among others, or in a process of its own. */
function execute(
  active: ActiveJob,
  { claimed, contract }: { readonly claimed: PlacedJob; readonly contract: TaskContract },
  stop: AttemptStop,
  parts: RunJobParts,
): Promise<Execution> {
  const { id: jobId, tenantId, fence, traceparent, timeoutMs, data } = claimed;
  const common = {
    jobId,
    tenantId,
    traceparent,
    timeoutMs,
    progress: (value: number | Record<string, unknown>) => {
      parts.feed.tell({ kind: 'progress', jobId, tenantId, value });
      return active.updateProgress(value);
    },
    log: (line: string) => {
      parts.feed.tell({ kind: 'log', jobId, tenantId, line });
      return active.log(line);
    },
  };
  if (claimed.place === 'process') {
    const mayBlock = contract.isolation === 'process';
    return parts.isolation.run({ ...common, task: contract.name, data, fence, mayBlock }, stop);
  }
  const handler = parts.handlers.get(contract.name) as TaskHandler<never>;
  const once = parts.effects.of({ jobId, fence }, stop);
  return executeTask({ contract, handler }, data, { ...common, attempt: fence, once }, stop);
}

/** Plain clients may name any task; a metric's labels must stay few. */
function taskLabel(task: string, tasks: Pick<TaskCatalogue, 'find'>): string {
  return tasks.find(task) === undefined ? 'unknown' : task;
}
