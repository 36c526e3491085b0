import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';
import { BUCKETS } from '../keys.js';

/** A slot of a tenant that a worker process holds now. */
export interface SlotLease {
  readonly tenantId: string;
  /** 1-based number of the slot within its tenant. */
  readonly slot: number;
  /** Id of the worker process. */
  readonly holder: string;
  /** When the lease ends unless it is renewed, unix ms of the server's clock. */
  readonly untilMs: number;
}

/** The leases that have not ended, over all tenants; one call per bucket, all at once. Changes nothing. */
export async function readSlotLeases(client: RedisClient, keys: FleetKeys): Promise<SlotLease[]> {
  const [[seconds, micros], ...buckets] = await Promise.all([
    client.time(),
    ...BUCKETS.map((bucket) => client.hgetall(keys.slots(bucket))),
  ]);
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  return buckets
    .flatMap((slots) => Object.entries(slots).flatMap(([name, lease]) => parseLease(name, lease)))
    .filter(({ untilMs }) => untilMs > nowMs);
}

/** What does not read as a lease is none. */
function parseLease(name: string, lease: string): SlotLease[] {
  const [, tenantId, slot] = /^([^:]+):(\d+)$/.exec(name) ?? [];
  const [, untilMs, holder] = /^(\d+) (.+)$/.exec(lease) ?? [];
  if (tenantId === undefined || holder === undefined) return [];
  // A worker process holds under its id and a name of its own, see `holdSlots`.
  const [worker = holder] = /^.+(?= \S+$)/.exec(holder) ?? [];
  return [{ tenantId, slot: Number(slot), holder: worker, untilMs: Number(untilMs) }];
}
