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

/** A place under the upstream's quota, for one attempt. */
export type UpstreamPass =
  | { readonly kind: 'refused' }
  /** The part of the upstream that the job calls asks to be left alone; the lane goes on with jobs of others. */
  | { readonly kind: 'put-off'; readonly verdict: AttemptVerdict }
  | {
      readonly kind: 'granted';
      /**
       * What becomes of the job: when the upstream asked to wait, the lane pauses and the job goes back to its place; when only a
       * part of it did, the job is put off by itself. What the attempt tells of the upstream goes into its circuit.
       */
      judge(execution: Execution, verdict: AttemptVerdict): Promise<AttemptVerdict>;
      /** The attempt is over. */
      leave(): void;
    };

/**
 * Holds attempts to the quotas and circuits of the upstreams that they call; a lane that is refused pauses for as long. A job whose
 * part of an upstream is left alone, such as one property of GA4, is put off until that is over, without a call.
 */
export interface UpstreamGate {
  /** Whether the quota or the circuit would refuse a job; then its lane is paused by now. A look only: `enter` decides. */
  isPaused(job: ActiveJob): Promise<boolean>;
  /** Takes the quota of an attempt; refused, the lane is paused. An attempt of a task without an upstream just passes. */
  enter(job: ActiveJob, claimed: ClaimedJob, contract: TaskContract, stop: AttemptStop): Promise<UpstreamPass>;
}

/** The call that an attempt may make. */
interface CallOfAttempt {
  readonly upstream: Upstream;
  /** The part of the upstream that it calls; null where that is one. */
  readonly part: Upstream | null;
  /** Times that its job was put off before. */
  readonly deferrals: number;
  readonly retry: RetryPolicy;
  /** Unix ms of Redis's clock when it was granted. */
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

/** A call counts as under way for this much longer than its attempt may take, in ms. */
const LEASE_MARGIN_MS = 10_000;

/**
 * Pause of a lane that has its calls at a time, in ms, half of it by chance: one of them may end at any moment, and nobody
 * is told. As long as it takes a lane's jobs to be refused again, the ledger is not asked.
 */
const AT_A_TIME_PAUSE_MS = 250;

/** Jobs that a part of an upstream put off come back so much after its pause at most, in ms, by chance: the first finds out. */
const PUT_OFF_SPREAD_MS = 2_000;

/** They come no sooner than this after it, in ms: clocks round. */
const PUT_OFF_MARGIN_MS = 50;

const PASSES: UpstreamPass = { kind: 'granted', judge: async (_, verdict) => verdict, leave: () => undefined };

/**
 * Judges by the quotas' own clock, which is Redis's. After a lane was paused for long the quota is read anew: it may have been
 * raised within the second for which it is remembered. Whoever raises it later ends the pause.
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

  /** It keeps its rank: when it comes back it stands among those that wait as before. */
  function defer(forMs: number, error: PacedError): Extract<AttemptVerdict, { kind: 'defer' }> {
    const spreadMs = Math.floor(Math.min(forMs / 10, PUT_OFF_SPREAD_MS) * random());
    return { kind: 'defer', delayMs: Math.ceil(forMs) + PUT_OFF_MARGIN_MS + spreadMs, error };
  }

  /** A part that cannot be asked for is not left alone: the upstream refuses by itself. Null for one that may be called. */
  async function deferByPart(tenantId: string, part: Upstream): Promise<AttemptVerdict | null> {
    const blockedMs = await quotas.blockedForMs(tenantId, part).catch(() => 0);
    if (blockedMs === 0) return null;
    const error = new PacedError(`${part.name} asked to wait`, blockedMs, { ofPart: true });
    return { ...defer(blockedMs, error), neverRan: true };
  }

  /** Null when the quota refuses; then the lane is paused. */
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

  /** Remembered for all workers; where that fails, those that call find out. */
  async function block(tenantId: string, upstream: Upstream, forMs: number): Promise<number> {
    return quotas.block(tenantId, upstream, forMs).catch((err: unknown) => {
      log.debug(
        { component: 'upstream', event: 'upstream_wait_not_recorded', err, upstream: upstream.name },
        'failed to record that an upstream asked to wait: other jobs may call it',
      );
      return forMs;
    });
  }

  /** The upstream's word counts for every call of the tenant, or for those of the part, not for this job alone. */
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
      // An answer that was lost may have been a grant: asked for again under the same name it is not counted twice.
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
