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

/** A granted call. */
export interface NotedCall {
  readonly id: string;
  readonly lane: Lane;
  readonly upstream: Upstream;
  readonly granted: GrantedCall;
  /** How often its job was deferred before. */
  readonly deferrals: number;
}

/** Reports to circuits how attempts ended. */
export interface CircuitNotes {
  /** Notes that a call was granted. */
  began(call: NotedCall): void;
  /**
   * Reports an end; opening the circuit pauses the lane, closing it ends the pause. Returns the job's verdict:
   * unchanged, except that a failed probe costs its job no retry: the job is deferred until others have run.
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

/**
 * Maximum time that an attempt's end waits for its report, in ms: the ledger must be written whether or not Redis
 * responds.
 */
const PATIENCE_MS = 1_000;

/** Calls whose outcome tells the circuit nothing new cost no round trip. */
export function createCircuitNotes({ quotas, pauses, metrics, log }: CircuitNotesDeps): CircuitNotes {
  /**
   * An unavailable or unresponsive Redis receives the failure late or never; the next refused job then pauses the lane.
   */
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

  /** Warns once: a long outage would otherwise log for every tenant at each probe. */
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
      // The first of several concurrent probes to fail opened the circuit: the others cost as little.
      const isSpared = isProbe && outcome === 'failed' && call.deferrals < MAX_DEFERRALS;
      if (!isSpared || settings === null || execution.kind !== 'threw') return verdict;
      const { restMs, probeEveryMs, successes } = settings;
      return { kind: 'defer', delayMs: restMs + successes * probeEveryMs, error: execution.error };
    },
  };
}
