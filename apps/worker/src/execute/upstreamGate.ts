import type { RetryPolicy, TaskContract } from '@sluice/shared/contracts/task';
import { findTask } from '@sluice/shared/contracts/taskCatalogue';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import type { QuotaState } from '@sluice/shared/domain/quotaWait';
import { refillsInMs } from '@sluice/shared/domain/quotaWait';
import { askedWaitMs } from '@sluice/shared/domain/retry';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Quotas } from '@sluice/shared/limits/quotas';
import type { ClaimedJob } from '@sluice/shared/postgres/queries/claimJobs';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { ActiveJob } from '@sluice/shared/queue/runAttempt';
import { NotStartedError } from '../isolate/notStartedError.js';
import type { AttemptVerdict } from '../settle/settleAttempt.js';
import { untilWritten } from '../settle/untilWritten.js';
import type { AttemptStop } from './attemptStop.js';
import type { Execution } from './executeTask.js';

/** A place under the upstream's quota, for one attempt. */
export type UpstreamPass =
  | { readonly kind: 'refused' }
  | {
      readonly kind: 'granted';
      /** What becomes of the job: when the upstream asked to wait, the lane pauses and the job goes back to its place. */
      judge(execution: Execution, verdict: AttemptVerdict): Promise<AttemptVerdict>;
      /** The attempt is over. */
      leave(): void;
    };

/** Holds attempts to the quotas of the upstreams that they call; a lane that is refused pauses until the quota refills. */
export interface UpstreamGate {
  /** Whether the quota would refuse a job; then its lane is paused by now. A look only: `enter` decides. */
  isHeldBack(job: ActiveJob): Promise<boolean>;
  /** Takes the quota of an attempt; refused, the lane is paused. An attempt of a task without an upstream just passes. */
  enter(job: ActiveJob, claimed: ClaimedJob, contract: TaskContract, stop: AttemptStop): Promise<UpstreamPass>;
}

/** What the gate rests on. */
export interface UpstreamGateParts {
  readonly quotas: Quotas;
  readonly lanes: Pick<LaneQueues, 'holdBack' | 'endHold'>;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** A call counts as under way for this much longer than its attempt may take, in ms. */
const LEASE_MARGIN_MS = 10_000;

/**
 * Pause of a lane that has its calls at a time, in ms, half of it by chance: one of them may end at any moment, and nobody
 * is told. As long as it takes a lane's jobs to be refused again, the ledger is not asked.
 */
const AT_A_TIME_PAUSE_MS = 250;

const PASSES: UpstreamPass = { kind: 'granted', judge: async (_, verdict) => verdict, leave: () => undefined };

/**
 * Judges by the quotas' own clock, which is Redis's. After a lane was paused for long the quota is read anew: it may have been raised within
 * the second for which it is remembered. Whoever raises it later ends the pause.
 */
export function createUpstreamGate({ quotas, lanes, random, log }: UpstreamGateParts): UpstreamGate {
  const shortPauseMs = (): number => AT_A_TIME_PAUSE_MS * (0.5 + 0.5 * random());

  /** A pause that could not be set: the job is refused again, which sets it. */
  async function pause(lane: Lane, forMs: number): Promise<void> {
    try {
      await lanes.holdBack(lane, forMs);
    } catch (err) {
      log.warn({ err, lane: laneName(lane) }, 'a lane could not be paused for its quota');
    }
  }

  async function endPause(lane: Lane): Promise<void> {
    await lanes.endHold(lane).catch((err: unknown) => {
      log.warn({ err, lane: laneName(lane) }, 'a pause could not be ended; it ends by itself');
    });
  }

  function leave(tenantId: string, upstream: Upstream, callId: string): void {
    quotas.end(tenantId, upstream, callId).catch((err: unknown) => {
      log.debug({ err, callId }, 'the end of a call was not noted; its lease ends by itself');
    });
  }

  /** The upstream's word counts for every call of the tenant, not for this job alone. */
  async function judgeByUpstream(
    lane: Lane,
    upstream: Upstream,
    execution: Execution,
    verdict: AttemptVerdict,
    { deferrals, retry }: { readonly deferrals: number; readonly retry: RetryPolicy },
  ): Promise<AttemptVerdict> {
    if (execution.kind !== 'threw' || !(execution.error instanceof PacedError)) return verdict;
    if (execution.error instanceof NotStartedError) return verdict;
    const forMs = Math.max(1, askedWaitMs(execution.error.retryAfterMs, deferrals, retry));
    const leftMs = await quotas.block(lane.tenantId, upstream, forMs).catch(() => forMs);
    await pause(lane, leftMs);
    return { kind: 'hold-back', error: execution.error };
  }

  return {
    async isHeldBack({ task, lane }) {
      const upstream = findTask(task)?.upstream;
      if (upstream === undefined) return false;
      const refusedNowForMs = async (): Promise<number> => {
        const state = await quotas.state(lane.tenantId, upstream).catch(() => null);
        return state === null ? 0 : refusedForMs(state, shortPauseMs);
      };
      const forMs = await refusedNowForMs();
      if (forMs === 0) return false;
      await pause(lane, forMs);
      if (forMs <= AT_A_TIME_PAUSE_MS) return true;
      quotas.forget(lane.tenantId);
      if ((await refusedNowForMs()) > 0) return true;
      await endPause(lane);
      return false;
    },
    async enter({ lane }, { id, fence, timeoutMs, deferrals }, { upstream, retry }, stop) {
      if (upstream === undefined) return PASSES;
      const call = { id: `${id}:${fence}`, leaseMs: timeoutMs + LEASE_MARGIN_MS, cost: 1 };
      const take = () => quotas.take(lane.tenantId, upstream, call);
      // An answer that was lost may have been a grant: asked for again under the same name it is not counted twice.
      const ask = () =>
        untilWritten('quota', take, log, stop).catch((error: unknown) => {
          if (stop.reason === null) throw error;
          return null;
        });
      const answer = await ask();
      if (answer === null) return { kind: 'refused' };
      if (answer.kind === 'refused') {
        await pause(lane, answer.because === 'at-a-time' ? shortPauseMs() : answer.retryInMs);
        if (answer.because !== 'exhausted') return { kind: 'refused' };
        quotas.forget(lane.tenantId);
        if ((await ask())?.kind !== 'granted') return { kind: 'refused' };
        await endPause(lane);
      }
      return {
        kind: 'granted',
        judge: (execution, verdict) => judgeByUpstream(lane, upstream, execution, verdict, { deferrals, retry }),
        leave: () => leave(lane.tenantId, upstream, call.id),
      };
    },
  };
}

function refusedForMs(state: QuotaState, shortPauseMs: () => number): number {
  const untilRefillMs = refillsInMs(state);
  if (untilRefillMs > 0) return untilRefillMs;
  const { callsAtATime } = state.quota;
  return callsAtATime !== null && state.used.underWay >= callsAtATime ? shortPauseMs() : 0;
}
