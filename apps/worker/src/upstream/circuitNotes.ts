import type { CircuitChange, GrantedCall, Quotas } from '@sluice/limits';
import { isNews } from '@sluice/limits';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { MAX_DEFERRALS } from '@sluice/shared/domain/retry';
import type { Log } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import type { Execution } from '../attempt/execution.js';
import { judgeCall } from './judgeCall.js';
import type { LanePauses } from './lanePauses.js';

/** A call that was let through. */
export interface NotedCall {
  readonly id: string;
  readonly lane: Lane;
  readonly upstream: Upstream;
  readonly granted: GrantedCall;
  /** Times that its job was put off before. */
  readonly deferrals: number;
}

/** Tells circuits how attempts ended. */
export interface CircuitNotes {
  /** A call was let through. */
  began(call: NotedCall): void;
  /**
   * Notes an end; a circuit that it opens pauses the lane, one that it closes ends the pause. What becomes of the job: as it was
   * judged; only a probe that failed costs its job no retry, which is put off until others have had their turn.
   */
  ended(call: NotedCall, execution: Execution, verdict: AttemptVerdict): Promise<AttemptVerdict>;
}

/** Dependencies of the outcome reports. */
export interface CircuitNotesDeps {
  readonly quotas: Pick<Quotas, 'endReported'>;
  readonly pauses: LanePauses;
  readonly metrics: Pick<Metrics, 'circuitChanges'>;
  readonly log: Log;
}

/** Longest that an attempt's end waits for its note, in ms: the ledger is to hear of it, whether or not Redis does. */
const PATIENCE_MS = 1_000;

/** Of a call that tells nothing new no round trip is made. */
export function createCircuitNotes({ quotas, pauses, metrics, log }: CircuitNotesDeps): CircuitNotes {
  /** Redis that is away, or silent, hears of the failure late or never; the next job that is refused pauses the lane. */
  async function note(
    { id, lane, upstream, granted }: NotedCall,
    outcome: 'answered' | 'failed',
  ): Promise<CircuitChange> {
    const ended = { id, startedMs: granted.nowMs, isProbe: granted.probe !== 'none', outcome };
    const silent = (): Error => new Error('Redis is silent');
    return within(PATIENCE_MS, quotas.endReported(lane.tenantId, upstream, ended), silent).catch((err: unknown) => {
      log.debug(
        { component: 'upstream', event: 'call_outcome_not_reported', err, callId: id },
        'failed to report the outcome of a call: the circuit does not count it',
      );
      return { kind: 'none', settings: upstream.circuit ?? null };
    });
  }

  /** A warning once: an outage that lasts would repeat it for every tenant with each probe. */
  function tell({ lane, upstream, granted }: NotedCall, to: 'open' | 'half-open' | 'closed'): void {
    metrics.circuitChanges.inc({ upstream: upstream.name, to });
    log[to === 'open' && granted.probe === 'none' ? 'warn' : 'info'](
      { lane: laneName(lane), upstream: upstream.name },
      `a circuit is ${to}`,
    );
  }

  return {
    began(call) {
      if (call.granted.probe === 'first') tell(call, 'half-open');
    },
    async ended(call, execution, verdict) {
      const outcome = judgeCall(execution);
      const isProbe = call.granted.probe !== 'none';
      if (!isNews(outcome, isProbe)) return verdict;
      const { kind, settings } = await note(call, outcome);
      if (kind === 'closed') {
        tell(call, 'closed');
        await pauses.endPause(call.lane);
      }
      if (kind === 'opened' && settings !== null) {
        tell(call, 'open');
        await pauses.pause(call.lane, settings.restMs);
      }
      // Of probes that were under way together the first to fail opened it: the others cost as little.
      const isSpared = isProbe && outcome === 'failed' && call.deferrals < MAX_DEFERRALS;
      if (!isSpared || settings === null || execution.kind !== 'threw') return verdict;
      const { restMs, probeEveryMs, successes } = settings;
      return { kind: 'defer', delayMs: restMs + successes * probeEveryMs, error: execution.error };
    },
  };
}
