import type { PreparedJob } from '../accept/prepareJob.js';
import type { TaskContract } from '../contracts/task.js';
import type { Upstream } from '../contracts/upstreamQuota.js';
import { laneName } from '../domain/lane.js';
import { partOf, pauseMsAfter } from '../domain/upstreamPart.js';
import { PacedError } from '../errors/pacedError.js';
import { laneKeysOf } from '../queue/laneKeys.js';
import type { FleetClient } from './openFleetClient.js';

/** What became of a direct call: its answer, or that the request is to be queued. */
export type Direct = { readonly kind: 'answered'; readonly result: unknown } | { readonly kind: 'queue' };

/** Whose calls, of what. */
export interface DirectCallOptions<Data> {
  readonly tenant: string;
  readonly task: TaskContract<Data>;
  readonly upstream: Upstream;
  /** Throws {@link PacedError} when the upstream asks to wait. */
  readonly call: (data: Data, context: { readonly signal: AbortSignal }) => Promise<unknown>;
}

/** A call counts as under way for this much longer than it may take, in ms. */
const LEASE_MARGIN_MS = 10_000;

/**
 * Calls an upstream while its quota allows, nobody of the tenant's lane waits, and the part that is called is not left alone. A
 * Redis that is away cannot say, so the request is queued.
 * @throws whatever the call throws, but for a {@link PacedError}: that queues the request
 */
export function createDirectCall<Data>(
  { quotas, pacing, keys, now, log }: Pick<FleetClient, 'quotas' | 'pacing' | 'keys' | 'now' | 'log'>,
  { tenant, task, upstream, call }: DirectCallOptions<Data>,
): (prepared: PreparedJob, signal: AbortSignal) => Promise<Direct> {
  const { wait, prioritized } = laneKeysOf(keys, laneName({ tenantId: tenant, queueClass: task.queueClass }));
  const owner = { tenant, upstream: upstream.name, retry: task.retry };

  /** Where it cannot be remembered, those that call next find out. */
  async function leaveAlone(asked: Upstream, forMs: number): Promise<void> {
    if (forMs > 0) await quotas.block(tenant, asked, forMs).catch(() => undefined);
  }

  async function callUpstream(data: unknown, part: Upstream | null, signal: AbortSignal): Promise<Direct> {
    const startedMs = now();
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(task.timeoutMs)]);
      const result = await call(data as Data, { signal: bounded });
      pacing.answered(owner);
      if (part !== null) await leaveAlone(part, pauseMsAfter(upstream, result, now()));
      return { kind: 'answered', result };
    } catch (error) {
      if (!(error instanceof PacedError)) throw error;
      const forMs = pacing.paced(owner, startedMs, error.retryAfterMs);
      await leaveAlone(error.ofPart && part !== null ? part : upstream, forMs);
      return { kind: 'queue' };
    }
  }

  return async ({ row: { id, data } }, signal) => {
    const part = partOf(upstream, data);
    if (part !== null && (await quotas.leftAloneMs(tenant, part).catch(() => 0)) > 0) return { kind: 'queue' };
    const asked = { id: `${id}:0`, leaseMs: task.timeoutMs + LEASE_MARGIN_MS, cost: 1, behind: [wait, prioritized] };
    const answer = await quotas.take(tenant, upstream, asked).catch((err: unknown) => {
      log.debug({ err }, 'a quota could not be taken; the request is queued');
      return null;
    });
    if (answer?.kind !== 'granted') return { kind: 'queue' };
    try {
      return await callUpstream(data, part, signal);
    } finally {
      // Its lease ends by itself where this is not heard.
      quotas.end(tenant, upstream, asked.id).catch(() => undefined);
    }
  };
}
