import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { GrantedCall, QuotaAnswer, Quotas, UpstreamState } from '@sluice/limits';
import { refillsInMs, restsForMs } from '@sluice/limits';
import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { askedWaitMs } from '@sluice/shared/domain/retry';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { TaskContract } from '@sluice/tasks';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { partOf, pauseMsAfter } from '@sluice/tasks/internal';
import type { AttemptStop } from '../attempt/attemptStop.js';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import type { Execution } from '../attempt/execution.js';
import { NotStartedError } from '../attempt/notStartedError.js';
import { untilWritten } from '../ledger/untilWritten.js';
import { createCircuitNotes } from './circuitNotes.js';
import { createLanePauses } from './lanePauses.js';

/** The decision of the upstream's quota on one attempt. */
export type UpstreamPass =
  | { readonly kind: 'refused' }
  /** The part of the upstream that the job calls asked not to be called; the lane continues with other jobs. */
  | { readonly kind: 'put-off'; readonly verdict: AttemptVerdict }
  | {
      readonly kind: 'granted';
      /**
       * Decides what becomes of the job: when the upstream asked to wait, the lane pauses and the job returns to its
       * place; when only a part of it did, only the job is deferred. The attempt's outcome is reported to the
       * upstream's circuit.
       */
      judge(execution: Execution, verdict: AttemptVerdict): Promise<AttemptVerdict>;
      /** Releases the call; the attempt has ended. */
      leave(): void;
    };

/**
 * Enforces the quotas and circuits of the upstreams that attempts call; a refusal pauses the lane for as long. A job
 * whose part of an upstream is blocked, such as one GA4 property, is deferred until the block ends, without a call.
 */
export interface UpstreamGate {
  /**
   * Whether the quota or the circuit would refuse a job; if so, its lane is paused when this resolves. A check only:
   * `enter` decides.
   */
  isPaused(job: ActiveJob): Promise<boolean>;
  /** Takes quota for an attempt; a refusal pauses the lane. An attempt of a task without an upstream always passes. */
  enter(job: ActiveJob, claimed: ClaimedJob, contract: TaskContract, stop: AttemptStop): Promise<UpstreamPass>;
}

/** A granted call of an attempt. */
interface CallOfAttempt {
  readonly upstream: Upstream;
  /** The part of the upstream that it calls; null when the upstream has no parts. */
  readonly part: Upstream | null;
  /** How often its job was deferred before. */
  readonly deferrals: number;
  readonly retry: RetryPolicy;
  /** When it was granted, unix ms of Redis's clock. */
  readonly startedMs: number;
}

/** Dependencies of the upstream gate. */
export interface UpstreamGateDeps {
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly quotas: Quotas;
  readonly lanes: Pick<LaneQueues, 'pauseLane' | 'resumeLane'>;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly metrics: Pick<Metrics, 'circuitChanges'>;
  readonly log: Log;
}

/** A call counts as in flight for this much longer than its attempt's timeout, in ms. */
const LEASE_MARGIN_MS = 10_000;

/**
 * Pause of a lane that reached its concurrent-call limit, in ms, half of it random: a call may end at any moment, and
 * nothing announces it. The ledger is not asked for as long as the lane's jobs are refused again.
 */
const AT_A_TIME_PAUSE_MS = 250;

/** Maximum random delay added to the pause of jobs deferred by a part of an upstream, in ms: the first one probes. */
const PUT_OFF_SPREAD_MS = 2_000;

/** Minimum delay after that pause, in ms: clocks round. */
const PUT_OFF_MARGIN_MS = 50;

const PASSES: UpstreamPass = { kind: 'granted', judge: async (_, verdict) => verdict, leave: () => undefined };

/**
 * Decides by the quotas' own clock, which is Redis's. After a long pause of a lane the quota is read again: it may have
 * been raised within the second for which it is cached. Raising it later ends the pause.
 */
export function createUpstreamGate({ tasks, quotas, lanes, random, metrics, log }: UpstreamGateDeps): UpstreamGate {
  const pauses = createLanePauses(lanes, log);
  const { pause, endPause } = pauses;
  const circuits = createCircuitNotes({ quotas, pauses, metrics, log });
  const shortPauseMs = (): number => AT_A_TIME_PAUSE_MS * (0.5 + 0.5 * random());

  function leave(tenantId: string, upstream: Upstream, callId: string): void {
    quotas.end(tenantId, upstream, callId).catch((err: unknown) => {
      log.debug(
        { component: 'upstream', event: 'call_not_released', err, callId },
        'failed to release a call of the quota: its lease will expire',
      );
    });
  }

  /** The job keeps its rank: it returns to its former position among the waiting jobs. */
  function defer(forMs: number, error: PacedError): Extract<AttemptVerdict, { kind: 'defer' }> {
    const spreadMs = Math.floor(Math.min(forMs / 10, PUT_OFF_SPREAD_MS) * random());
    return { kind: 'defer', delayMs: Math.ceil(forMs) + PUT_OFF_MARGIN_MS + spreadMs, error };
  }

  /**
   * Returns null for a part that may be called. A part whose state cannot be read may be called: the upstream itself
   * refuses.
   */
  async function deferByPart(tenantId: string, part: Upstream): Promise<AttemptVerdict | null> {
    const blockedMs = await quotas.blockedForMs(tenantId, part).catch(() => 0);
    if (blockedMs === 0) return null;
    const error = new PacedError(`${part.name} asked to wait`, blockedMs, { ofPart: true });
    return { ...defer(blockedMs, error), neverRan: true };
  }

  /** Returns null when the quota refuses; the lane is then paused. */
  async function takeOrPause(lane: Lane, ask: () => Promise<QuotaAnswer | null>): Promise<GrantedCall | null> {
    const answer = await ask();
    if (answer?.kind !== 'refused') return answer;
    await pause(lane, answer.because === 'at-a-time' ? shortPauseMs() : answer.retryInMs);
    if (answer.because !== 'exhausted') return null;
    quotas.forget(lane.tenantId);
    const again = await ask();
    if (again?.kind !== 'granted') return null;
    await endPause(lane);
    return again;
  }

  /** Shares the block with all workers; if that fails, those that call find out. */
  async function block(tenantId: string, upstream: Upstream, forMs: number): Promise<number> {
    return quotas.block(tenantId, upstream, forMs).catch((err: unknown) => {
      log.debug(
        { component: 'upstream', event: 'upstream_wait_not_recorded', err, upstream: upstream.name },
        'failed to record that an upstream asked to wait: other jobs may call it',
      );
      return forMs;
    });
  }

  /** The upstream's request to wait applies to every call of the tenant, or of the part, not just to this job. */
  async function judgeByUpstream(
    lane: Lane,
    { upstream, part, deferrals, retry, startedMs }: CallOfAttempt,
    execution: Execution,
    verdict: AttemptVerdict,
  ): Promise<AttemptVerdict> {
    if (execution.kind === 'returned' && part !== null) {
      const pauseMs = pauseMsAfter(upstream, execution.value, startedMs);
      if (pauseMs > 0) await block(lane.tenantId, part, pauseMs);
      return verdict;
    }
    if (execution.kind !== 'threw' || !(execution.error instanceof PacedError)) return verdict;
    if (execution.error instanceof NotStartedError) return verdict;
    const forMs = Math.max(1, askedWaitMs(execution.error.retryAfterMs, deferrals, retry));
    if (execution.error.ofPart && part !== null) {
      return defer(await block(lane.tenantId, part, forMs), execution.error);
    }
    await pause(lane, await block(lane.tenantId, upstream, forMs));
    return { kind: 'hold-back', error: execution.error };
  }

  return {
    async isPaused({ task, lane }) {
      const upstream = tasks.find(task)?.upstream;
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
    async enter({ lane }, { id, fence, timeoutMs, deferrals, data }, { upstream, retry }, stop) {
      if (upstream === undefined) return PASSES;
      const part = partOf(upstream, data);
      const verdict = part === null ? null : await deferByPart(lane.tenantId, part);
      if (verdict !== null) return { kind: 'put-off', verdict };
      const call = { id: `${id}:${fence}`, leaseMs: timeoutMs + LEASE_MARGIN_MS, cost: 1 };
      const take = () => quotas.take(lane.tenantId, upstream, call);
      // A lost reply may have been a grant: a repeated request under the same name is not counted twice.
      const ask = () =>
        untilWritten('quota', take, log, stop).catch((error: unknown) => {
          if (stop.reason === null) throw error;
          return null;
        });
      const granted = await takeOrPause(lane, ask);
      if (granted === null) return { kind: 'refused' };
      const made = { upstream, part, deferrals, retry, startedMs: granted.nowMs };
      const noted = { id: call.id, lane, upstream, granted, deferrals };
      circuits.began(noted);
      return {
        kind: 'granted',
        judge: async (execution, verdict) =>
          judgeByUpstream(lane, made, execution, await circuits.ended(noted, execution, verdict)),
        leave: () => leave(lane.tenantId, upstream, call.id),
      };
    },
  };
}

function refusedForMs(state: UpstreamState, shortPauseMs: () => number): number {
  const untilAllowedMs = Math.max(refillsInMs(state), restsForMs(state.circuit));
  if (untilAllowedMs > 0) return untilAllowedMs;
  const { callsAtATime } = state.quota;
  return callsAtATime !== null && state.used.underWay >= callsAtATime ? shortPauseMs() : 0;
}
