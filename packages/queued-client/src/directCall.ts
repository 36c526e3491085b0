import { laneKeysOf } from '@sluice/fleet/queue/laneKeys';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import type { CallOutcome, GrantedCall } from '@sluice/limits';
import { callOutcomeOf, isNews } from '@sluice/limits';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { laneName } from '@sluice/shared/domain/lane';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { TaskContract } from '@sluice/tasks';
import { partOf, pauseMsAfter } from '@sluice/tasks/internal';
import type { FleetConnection } from './fleetConnection.js';

/** The result of a direct call: its response, or that the request must be queued. */
export type Direct = { readonly kind: 'answered'; readonly result: unknown } | { readonly kind: 'queue' };

/** How a call ended, and what that shows about the upstream. */
type Called =
  | { readonly outcome: CallOutcome; readonly direct: Direct }
  | { readonly outcome: CallOutcome; readonly error: unknown };

/** Which calls a tenant makes. */
export interface DirectCallOptions<Data> {
  readonly tenant: string;
  readonly task: TaskContract<Data>;
  readonly upstream: Upstream;
  /** Throws {@link PacedError} when the upstream asks to wait. */
  readonly call: (data: Data, context: { readonly signal: AbortSignal }) => Promise<unknown>;
}

/** A call counts as in progress for this much longer than its time-out, in ms. */
const LEASE_MARGIN_MS = 10_000;

/**
 * Calls an upstream while its quota allows, nothing waits in the tenant's lane, and the part that is called is not
 * paused. Queues the request while Redis is unavailable, as none of that is known then.
 * @throws what the call throws, except a {@link PacedError}: that queues the request
 */
export function createDirectCall<Data>(
  { quotas, pacing, keys, now, log }: Pick<FleetConnection, 'quotas' | 'pacing' | 'keys' | 'now' | 'log'>,
  { tenant, task, upstream, call }: DirectCallOptions<Data>,
): (prepared: PreparedJob, signal: AbortSignal) => Promise<Direct> {
  const { wait, prioritized } = laneKeysOf(keys, laneName({ tenantId: tenant, queueClass: task.queueClass }));
  const owner = { tenant, upstream: upstream.name, retry: task.retry };

  /** Where the pause cannot be stored, the next callers find out for themselves. */
  async function pause(asked: Upstream, forMs: number): Promise<void> {
    if (forMs > 0) await quotas.block(tenant, asked, forMs).catch(() => undefined);
  }

  async function callUpstream(data: unknown, part: Upstream | null, signal: AbortSignal): Promise<Called> {
    const startedMs = now();
    const timeout = AbortSignal.timeout(task.timeoutMs);
    try {
      const bounded = AbortSignal.any([signal, timeout]);
      const result = await call(data as Data, { signal: bounded });
      pacing.answered(owner);
      if (part !== null) await pause(part, pauseMsAfter(upstream, result, now()));
      return { outcome: 'answered', direct: { kind: 'answered', result } };
    } catch (error) {
      if (!(error instanceof PacedError)) return { outcome: outcomeOf(error, signal, timeout), error };
      const forMs = pacing.paced(owner, startedMs, error.retryAfterMs);
      await pause(error.ofPart && part !== null ? part : upstream, forMs);
      return { outcome: null, direct: { kind: 'queue' } };
    }
  }

  /** Where this fails, the lease of the call expires. */
  function end(id: string, { nowMs, probe }: GrantedCall, outcome: CallOutcome): void {
    const isProbe = probe !== 'none';
    const ended: Promise<unknown> = isNews(outcome, isProbe)
      ? quotas.endReported(tenant, upstream, { id, startedMs: nowMs, isProbe, outcome })
      : quotas.end(tenant, upstream, id);
    ended.catch(() => undefined);
  }

  return async ({ row: { id, data } }, signal) => {
    const part = partOf(upstream, data);
    if (part !== null && (await quotas.blockedForMs(tenant, part).catch(() => 0)) > 0) return { kind: 'queue' };
    const asked = { id: `${id}:0`, leaseMs: task.timeoutMs + LEASE_MARGIN_MS, cost: 1, behind: [wait, prioritized] };
    const answer = await quotas.take(tenant, upstream, asked).catch((err: unknown) => {
      log.debug(
        { component: 'queued_client', event: 'quota_not_taken', err },
        'failed to take a quota: the request is queued',
      );
      return null;
    });
    if (answer?.kind !== 'granted') return { kind: 'queue' };
    const called = await callUpstream(data, part, signal);
    end(asked.id, answer, called.outcome);
    if (!('error' in called)) return called.direct;
    // A probe acted for everyone; a moment before, while the circuit was open, its request would have been queued.
    if (called.outcome === 'failed' && answer.probe !== 'none') return { kind: 'queue' };
    throw called.error;
  };
}

/** A call that its caller aborted shows nothing; one that timed out counts as a failure. */
function outcomeOf(error: unknown, signal: AbortSignal, timeout: AbortSignal): CallOutcome {
  if (signal.aborted) return null;
  return timeout.aborted ? 'failed' : callOutcomeOf(error);
}
