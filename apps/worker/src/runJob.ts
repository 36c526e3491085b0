import { MAX_LOG_LINE } from '@sluice/shared/contracts/jobEvents';
import type { TaskContract } from '@sluice/shared/contracts/task';
import type { TaskName } from '@sluice/shared/contracts/taskCatalogue';
import { findTask } from '@sluice/shared/contracts/taskCatalogue';
import type { ClaimVerdict } from '@sluice/shared/domain/claim';
import { decideClaim } from '@sluice/shared/domain/claim';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FeedWriter } from '@sluice/shared/feed/feedWriter';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { ClaimedJob } from '@sluice/shared/postgres/queries/claimJobs';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { ActiveJob, AttemptEnd } from '@sluice/shared/queue/runAttempt';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Claimer } from './claim/claimJob.js';
import { ledgerIdOf } from './claim/claimJob.js';
import type { AttemptStop } from './execute/attemptStop.js';
import type { Effects } from './execute/effects.js';
import type { Execution } from './execute/executeTask.js';
import { executeTask } from './execute/executeTask.js';
import { judgeExecution } from './execute/judgeExecution.js';
import type { RunningJobs } from './execute/runningJobs.js';
import type { ServiceTimes } from './execute/serviceTimes.js';
import type { UpstreamGate } from './execute/upstreamGate.js';
import { buryJob } from './settle/buryJob.js';
import type { LedgerWriter } from './settle/ledgerWriter.js';
import type { AttemptVerdict } from './settle/settleAttempt.js';
import { settleAttempt } from './settle/settleAttempt.js';
import { untilWritten } from './settle/untilWritten.js';
import type { TaskHandlers } from './tasks/index.js';

/** What the life of a job in a worker needs. */
export interface RunJobParts {
  readonly claimer: Claimer;
  readonly ledger: LedgerWriter;
  readonly effects: Effects;
  readonly queues: Pick<LaneQueues, 'bury' | 'unbury'>;
  readonly upstreams: UpstreamGate;
  readonly handlers: TaskHandlers;
  readonly running: RunningJobs;
  readonly serviceTimes: Pick<ServiceTimes, 'note'>;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly metrics: Metrics;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly log: Log;
}

/** A job's life in a worker: claim, execute, settle. The answer is what BullMQ is told in the end. */
export async function runJob(active: ActiveJob, parts: RunJobParts): Promise<AttemptEnd> {
  const stay = parts.running.enter(ledgerIdOf(active));
  active.onSlotLost(() => stay.stop.stop('slot-lost'));
  try {
    // Asked before the ledger: a job that would only be refused costs it nothing.
    if (await parts.upstreams.isHeldBack(active)) return { kind: 'release' };
    const claimed = await claimUnlessStopped(active, stay.stop, parts);
    if (claimed === 'stopped') return { kind: 'release' };
    if (claimed === null) return { kind: 'bury', message: 'the id belongs to another tenant' };
    const verdict = decideClaim(claimed);
    if (verdict.kind === 'finish-again') return await finishAgain(active, claimed, verdict, parts);
    const outcome = verdict.kind === 'run' ? await attempt(active, claimed, stay.stop, parts) : refuse(verdict);
    parts.metrics.attemptsEnded.inc({ task: taskLabel(active.task), outcome: outcome.kind });
    return await settleAttempt({ ...claimed, task: active.task, queueClass: active.lane.queueClass }, outcome, parts);
  } finally {
    stay.leave();
  }
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

function refuse(verdict: Exclude<ClaimVerdict, { kind: 'run' | 'finish-again' }>): AttemptVerdict {
  if (verdict.kind === 'cancel') return { kind: 'cancel' };
  const error = new FleetError('attempt_failed', 'every process that ran this job died or lost its lock');
  return { kind: 'bury', category: 'poison', error };
}

async function attempt(
  active: ActiveJob,
  claimed: ClaimedJob,
  stop: AttemptStop,
  parts: RunJobParts,
): Promise<AttemptVerdict> {
  const contract = findTask(active.task);
  if (contract === undefined) {
    const error = new FleetError('unknown_task', `this fleet has no task ${active.task}`);
    return { kind: 'bury', category: 'invalid', error };
  }
  const pass = await parts.upstreams.enter(active, claimed, contract, stop);
  if (pass.kind === 'refused') return { kind: 'release' };
  try {
    const execution = await execute(active, claimed, contract, stop, parts);
    const policy = { ...contract.retry, maxRetries: claimed.maxAttempts - 1 };
    return await pass.judge(execution, judgeExecution(execution, claimed, policy, parts.random));
  } finally {
    pass.leave();
  }
}

async function execute(
  active: ActiveJob,
  claimed: ClaimedJob,
  contract: TaskContract,
  stop: AttemptStop,
  parts: RunJobParts,
): Promise<Execution> {
  if (claimed.fence === 1) parts.metrics.waitSeconds.observe({ task: contract.name }, claimed.ageMs / 1_000);
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
  const execution = await executeTask(
    { contract, handler: parts.handlers[contract.name as TaskName] },
    claimed.data,
    {
      jobId: claimed.id,
      tenantId: claimed.tenantId,
      attempt: claimed.fence,
      traceparent: claimed.traceparent,
      timeoutMs: claimed.timeoutMs,
      progress: (value) => {
        parts.feed.tell({ kind: 'progress', jobId, tenantId, value });
        return active.updateProgress(value);
      },
      log: (line) => {
        parts.feed.tell({ kind: 'log', jobId, tenantId, line: line.slice(0, MAX_LOG_LINE) });
        return active.log(line);
      },
      once: parts.effects.of({ jobId: claimed.id, fence: claimed.fence }, stop),
    },
    stop,
  );
  const tookMs = parts.monotonicMs() - startedMs;
  parts.serviceTimes.note(active.lane, tookMs);
  parts.metrics.attemptSeconds.observe({ task: contract.name }, tookMs / 1_000);
  return execution;
}

/** Plain clients may name any task; a metric's labels must stay few. */
function taskLabel(task: string): string {
  return findTask(task) === undefined ? 'unknown' : task;
}
