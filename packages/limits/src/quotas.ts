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

/** A quota and its use, with the circuit. */
export interface UpstreamState extends QuotaState {
  /** Null where the upstream has none. */
  readonly circuit: CircuitState | null;
}

/** Quotas of tenants and upstreams: what they are by the ledger, and what is used of them by Redis. */
export interface Quotas {
  /** Takes a call's quota, all or nothing; refused as well while the upstream's circuit is open. */
  take(tenantId: string, upstream: Upstream, call: QuotaCall): Promise<QuotaAnswer>;
  /** A call is over: another may be under way in its place. */
  end(tenantId: string, upstream: Upstream, callId: string): Promise<void>;
  /** The same of a call that told whether the upstream works. Answers for what that made of the circuit. */
  endReported(tenantId: string, upstream: Upstream, call: EndedCall): Promise<CircuitChange>;
  /** The upstream asked to wait so long, in ms. Answers for how long it is left alone, in ms. */
  block(tenantId: string, upstream: Upstream, forMs: number): Promise<number>;
  /** How long the upstream, or the part of one, is still to be left alone since it asked to wait, in ms. */
  blockedForMs(tenantId: string, upstream: Upstream): Promise<number>;
  state(tenantId: string, upstream: Upstream): Promise<UpstreamState>;
  /** A tenant's quotas may have changed just now: they are read anew when they are next asked for. */
  forget(tenantId: string): void;
  /** Whether the tenant is there. */
  knows(tenantId: string): Promise<boolean>;
}

/** What the end of a call made of a circuit. */
export interface CircuitChange {
  readonly kind: EndedCircuit['change'];
  /** By which it goes; null where there is none. */
  readonly settings: CircuitSettings | null;
}

/** Dependencies of quotas. */
export interface QuotasDeps {
  readonly client: RedisClient;
  readonly keys: QuotaKeys;
  /** A tenant's own quotas by the ledger; null when there is no such tenant. */
  readonly read: (tenantId: string) => Promise<TenantQuotas | null>;
  readonly now: () => number;
  /** What the fleet says of circuits; the tasks' own settings hold when left out. */
  readonly circuit?: CircuitOverrides;
}

/** A changed quota holds everywhere within so long, in ms. */
const REMEMBERED_MS = 1_000;

/** Tenants whose quotas are kept for a time in which the ledger is away. */
const KEPT_TENANTS = 10_000;

/** Quotas through a short cache. While the ledger is away, what it said last holds; a tenant never asked for is refused. */
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
