import type { LaneCounts, LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { SeenTenant, Tenant } from '../tenant.js';

/** Lanes that are counted at the same time; each is one small command. */
const LANES_IN_FLIGHT = 500;

/** What has not been counted after this long is unreadable, in ms: figures of before an outage are not acted upon. */
const COUNT_WITHIN_MS = 5_000;

/** Counts every lane of the tenants. Never throws: a tenant with a lane that could not be counted is unreadable. */
export async function countTenants(
  tenants: readonly Tenant[],
  queues: Pick<LaneQueues, 'counts'>,
  withinMs = COUNT_WITHIN_MS,
): Promise<SeenTenant[]> {
  const lanes = tenants.flatMap((tenant) => tenant.lanes.map((lane) => ({ tenant, lane })));
  const counts = new Map<Tenant, LaneCounts[]>(tenants.map((tenant) => [tenant, []]));
  let next = 0;
  let expired = false;
  async function countOneByOne(): Promise<void> {
    for (let entry = lanes[next++]; entry !== undefined && !expired; entry = lanes[next++]) {
      const counted = await queues.counts(entry.lane).catch(() => null);
      if (counted !== null && !expired) counts.get(entry.tenant)?.push(counted);
    }
  }
  await withTimeLimit(Promise.all(Array.from({ length: LANES_IN_FLIGHT }, countOneByOne)), withinMs);
  expired = true;
  return tenants.map((tenant) => toSeen(tenant, counts.get(tenant) ?? []));
}

function toSeen(tenant: Tenant, counts: readonly LaneCounts[]): SeenTenant {
  if (counts.length < tenant.lanes.length) return { kind: 'unreadable', tenant };
  return {
    kind: 'counted',
    tenant,
    waiting: counts.reduce((sum, { waiting }) => sum + waiting, 0),
    active: counts.reduce((sum, { active }) => sum + active, 0),
  };
}

async function withTimeLimit(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
