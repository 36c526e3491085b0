import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';
import { BUCKETS } from '../keys.js';

/** A tenant's slot currently held by a worker process. */
export interface SlotLease {
  readonly tenantId: string;
  /** 1-based number of the slot within its tenant. */
  readonly slot: number;
  /** Id of the worker process. */
  readonly holder: string;
  /** Expiry of the lease unless renewed, unix ms of the server's clock. */
  readonly untilMs: number;
}

/** Reads the current leases of all tenants, with one concurrent call per bucket. Read-only. */
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

/** Ignores malformed leases. */
function parseLease(name: string, lease: string): SlotLease[] {
  const [, tenantId, slot] = /^([^:]+):(\d+)$/.exec(name) ?? [];
  const [, untilMs, holder] = /^(\d+) (.+)$/.exec(lease) ?? [];
  if (tenantId === undefined || holder === undefined) return [];
  // A holder is the worker process's id and a unique name, see `holdSlots`.
  const [worker = holder] = /^.+(?= \S+$)/.exec(holder) ?? [];
  return [{ tenantId, slot: Number(slot), holder: worker, untilMs: Number(untilMs) }];
}
