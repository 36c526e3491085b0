import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import { occurrenceOf } from '@sluice/shared/domain/schedule';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Isolation, TaskContract, TaskHandler } from '@sluice/tasks';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { OwnedAttempt } from '../attempt/attempt.js';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import type { Execution } from '../attempt/execution.js';
import type { Isolation as IsolatedRuns } from '../isolate/isolation.js';
import type { TenantMeasures } from '../measure/tenantMeasures.js';
import type { TaskHandlers } from '../tasks/index.js';
import type { UpstreamGate } from '../upstream/upstreamGate.js';
import type { Effects } from './effects.js';
import { executeTask } from './executeTask.js';
import { judgeExecution } from './judgeExecution.js';
import type { PutBacks } from './putBacks.js';

/** Dependencies of executing an attempt. */
export interface ExecuteDeps {
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly handlers: TaskHandlers;
  /** Tasks that exist only in this process, not in a module that an isolated process could import. */
  readonly onlyHere: ReadonlySet<string>;
  readonly putBacks: PutBacks;
  readonly upstreams: Pick<UpstreamGate, 'enter'>;
  readonly effects: Effects;
  readonly isolation: IsolatedRuns;
  readonly feed: Pick<FeedWriter, 'publish'>;
  readonly metrics: Pick<Metrics, 'waitSeconds' | 'attemptSeconds'>;
  readonly measures: Pick<TenantMeasures, 'waited' | 'ran'>;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

/** An attempt whose handler will run, and its isolation. */
interface RunningAttempt extends OwnedAttempt {
  readonly contract: TaskContract;
  readonly handler: TaskHandler<never>;
  readonly isolation: Isolation;
}

/** Second step of an attempt: runs its handler if the claim allows it, and decides the job's verdict. */
export async function executeAttempt(attempt: OwnedAttempt, deps: ExecuteDeps): Promise<AttemptVerdict> {
  const { active, claimed, plan, stop, trace } = attempt;
  if (plan.kind === 'cancel') return { kind: 'cancel' };
  if (plan.kind === 'bury-poison') {
    const error = new FleetError('attempt_failed', 'every process that ran this job died or lost its lock');
    return { kind: 'bury', category: 'poison', error };
  }
  const contract = deps.tasks.find(active.task);
  const handler = deps.handlers.get(active.task);
  if (contract === undefined || handler === undefined) {
    const error = new FleetError('unknown_task', `this worker has no handler of the task ${active.task}`);
    return deps.putBacks.decide(claimed.id, active.task, error);
  }
  const isolation = deps.onlyHere.has(contract.name) ? 'shared' : plan.isolation;
  return trace.run(async () => {
    const pass = await deps.upstreams.enter(active, claimed, contract, stop);
    if (pass.kind === 'refused') return { kind: 'release', neverRan: true };
    if (pass.kind === 'put-off') return pass.verdict;
    try {
      const execution = await measure({ ...attempt, contract, handler, isolation }, deps);
      const policy = { ...contract.retry, maxRetries: claimed.maxAttempts - 1 };
      const verdict =
        execution.kind === 'invalid' && wasAccepted(active, claimed)
          ? await deps.putBacks.decide(claimed.id, contract.name, execution.error)
          : judgeExecution(execution, claimed, policy, deps.random);
      return await pass.judge(execution, verdict);
    } finally {
      pass.leave();
    }
  });
}

/**
 * Whether a producer of this fleet validated the job's data: if so, another version's schema accepted it. Data added by
 * a plain BullMQ client was never validated.
 */
function wasAccepted({ id }: ActiveJob, claimed: ClaimedJob): boolean {
  return id === claimed.id || occurrenceOf(id) !== null;
}

/** Reports the start, runs the handler and measures how long it takes. */
async function measure(attempt: RunningAttempt, deps: ExecuteDeps): Promise<Execution> {
  const { active, claimed, contract } = attempt;
  const { id: jobId, tenantId, fence } = claimed;
  if (claimed.isFirstStart) {
    deps.metrics.waitSeconds.observe({ task: contract.name }, claimed.ageMs / 1_000);
    deps.measures.waited(tenantId, claimed.ageMs / 1_000);
  }
  const { queueClass } = active.lane;
  deps.feed.publish({ kind: 'state', jobId, tenantId, queueClass, state: 'active', attempt: fence });
  const startedMs = deps.monotonicMs();
  const execution = await run(attempt, deps);
  const tookMs = deps.monotonicMs() - startedMs;
  deps.metrics.attemptSeconds.observe({ task: contract.name }, tookMs / 1_000);
  deps.measures.ran(tenantId, tookMs / 1_000);
  return execution;
}

/** Runs the handler in this process, or in a process of its own. */
function run(attempt: RunningAttempt, deps: ExecuteDeps): Promise<Execution> {
  const { active, claimed, contract, handler, isolation, stop, trace } = attempt;
  const { id: jobId, tenantId, timeoutMs, data, fence } = claimed;
  const common = {
    jobId,
    tenantId,
    traceparent: trace.traceparent() ?? claimed.traceparent,
    timeoutMs,
    progress: (value: number | Record<string, unknown>) => {
      deps.feed.publish({ kind: 'progress', jobId, tenantId, value });
      return active.updateProgress(value);
    },
    log: (line: string) => {
      deps.feed.publish({ kind: 'log', jobId, tenantId, line });
      return active.log(line);
    },
  };
  if (isolation === 'process') {
    const mayBlock = contract.isolation === 'process';
    return deps.isolation.run({ ...common, task: contract.name, data, fence, mayBlock }, stop);
  }
  const once = deps.effects.of({ jobId, fence }, stop);
  return executeTask({ contract, handler }, data, { ...common, attempt: fence, once }, stop);
}
