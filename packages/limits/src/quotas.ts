import type { CircuitOverrides, CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { Upstream, UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { circuitOf, stateOfCircuit } from './circuit.js';
import type { CircuitState } from './circuitWait.js';
import type { QuotaKeys } from './quotaKeys.js';
import type { QuotaState } from './quotaWait.js';
import type { RedisClient } from './redisClient.js';
import type { EndedCall, EndedCircuit, QuotaAnswer, QuotaCall } from './upstreamQuota.js';
import { blockQuota, endQuotaCall, endReportedCall, readQuotaUse, takeQuota } from './upstreamQuota.js';

/** A tenant's own quotas, by the name of the upstream. */
export type TenantQuotas = ReadonlyMap<string, UpstreamQuota>;

/** A quota with its usage and the circuit. */
export interface UpstreamState extends QuotaState {
  /** Null when the upstream has none. */
  readonly circuit: CircuitState | null;
}

/** Quotas of tenants for upstreams: limits come from the ledger, usage from Redis. */
export interface Quotas {
  /** Takes a call's quota, all or nothing; also refused while the upstream's circuit is open. */
  take(tenantId: string, upstream: Upstream, call: QuotaCall): Promise<QuotaAnswer>;
  /** Records that a call ended: another may run in its place. */
  end(tenantId: string, upstream: Upstream, callId: string): Promise<void>;
  /** The same for a call that showed whether the upstream works. Returns the effect on the circuit. */
  endReported(tenantId: string, upstream: Upstream, call: EndedCall): Promise<CircuitChange>;
  /** Records that the upstream asked to wait for `forMs`. Returns how long calls are blocked now, in ms. */
  block(tenantId: string, upstream: Upstream, forMs: number): Promise<number>;
  /** Remaining time for which the upstream, or a part of it, asked to wait, in ms. */
  blockedForMs(tenantId: string, upstream: Upstream): Promise<number>;
  state(tenantId: string, upstream: Upstream): Promise<UpstreamState>;
  /** Invalidates a tenant's cached quotas: the next use reads them again. */
  forget(tenantId: string): void;
  /** Whether the tenant exists. */
  knows(tenantId: string): Promise<boolean>;
}

/** Effect of an ended call on a circuit. */
export interface CircuitChange {
  readonly kind: EndedCircuit['change'];
  /** Settings of the circuit; null when there is none. */
  readonly settings: CircuitSettings | null;
}

/** Dependencies of quotas. */
export interface QuotasDeps {
  readonly client: RedisClient;
  readonly keys: QuotaKeys;
  /** Reads a tenant's own quotas from the ledger; null when there is no such tenant. */
  readonly read: (tenantId: string) => Promise<TenantQuotas | null>;
  readonly now: () => number;
  /** The fleet's overrides of circuit settings; defaults to the tasks' own settings. */
  readonly circuit?: CircuitOverrides;
}

/** A changed quota applies everywhere within this time, in ms. */
const REMEMBERED_MS = 1_000;

/** Maximum tenants whose quotas are kept for use while the ledger is unavailable. */
const KEPT_TENANTS = 10_000;

/**
 * Creates quotas with a short cache. While the ledger is unavailable, the last known quotas apply, and calls of a
 * tenant without any fail.
 */
export function createQuotas({ client, keys, read, now, circuit = {} }: QuotasDeps): Quotas {
  const lately = createShortCache(read, REMEMBERED_MS, now);
  const last = new Map<string, TenantQuotas | null>();

  async function quotasOf(tenantId: string): Promise<TenantQuotas | null> {
    try {
      const quotas = await lately(tenantId);
      last.delete(tenantId);
      last.set(tenantId, quotas);
      for (const oldest of last.keys()) {
        if (last.size <= KEPT_TENANTS) break;
        last.delete(oldest);
      }
      return quotas;
    } catch (error) {
      const known = last.get(tenantId);
      if (known === undefined) throw error;
      return known;
    }
  }

  async function quotaOf(tenantId: string, upstream: Upstream): Promise<UpstreamQuota> {
    return (await quotasOf(tenantId))?.get(upstream.name) ?? upstream.quota;
  }

  const ownerOf = (tenantId: string, upstream: Upstream) => ({ tenantId, upstream: upstream.name });
  return {
    async take(tenantId, upstream, call) {
      const limits = { quota: await quotaOf(tenantId, upstream), circuit: circuitOf(upstream, circuit) };
      return takeQuota(client, keys, ownerOf(tenantId, upstream), limits, call);
    },
    end: (tenantId, upstream, callId) => endQuotaCall(client, keys, ownerOf(tenantId, upstream), callId),
    async endReported(tenantId, upstream, call) {
      const owner = ownerOf(tenantId, upstream);
      const settings = circuitOf(upstream, circuit);
      if (settings === null) {
        await endQuotaCall(client, keys, owner, call.id);
        return { kind: 'none', settings };
      }
      const { change } = await endReportedCall(client, keys, owner, settings, call);
      return { kind: change, settings };
    },
    block: (tenantId, upstream, forMs) => blockQuota(client, keys, ownerOf(tenantId, upstream), forMs),
    async state(tenantId, upstream) {
      const quota = await quotaOf(tenantId, upstream);
      const used = await readQuotaUse(client, keys, ownerOf(tenantId, upstream), quota.windowMs);
      const settings = circuitOf(upstream, circuit);
      const sight = settings === null ? null : stateOfCircuit(used.circuit, used.nowMs, settings);
      return { quota, used, circuit: settings === null || sight === null ? null : { settings, sight } };
    },
    async blockedForMs(tenantId, upstream) {
      return (await readQuotaUse(client, keys, ownerOf(tenantId, upstream), upstream.quota.windowMs)).blockedMs;
    },
    forget: (tenantId) => lately.forget(tenantId),
    knows: async (tenantId) => (await quotasOf(tenantId)) !== null,
  };
}
