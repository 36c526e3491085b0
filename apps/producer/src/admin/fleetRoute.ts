import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { ScalingDecisionRow } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { listScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import type { FleetBucket } from '@sluice/fleet/redis/commands/fleetTable';
import { readBuckets } from '@sluice/fleet/redis/commands/fleetTable';
import type { LiveWorker } from '@sluice/fleet/redis/commands/processes';
import { readLeader, readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import type { SlotLease } from '@sluice/fleet/redis/commands/slotLeases';
import { readSlotLeases } from '@sluice/fleet/redis/commands/slotLeases';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { tenantOfLane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';

const fleetSchema = z.object({
  workers: z.array(
    z.object({
      id: z.string(),
      aliveUntil: z.iso.datetime(),
      capacity: z.int().meta({ description: 'Maximum jobs that it runs at a time' }),
      slots: z.int().meta({ description: 'Slots that it holds' }),
    }),
  ),
  tenants: z.array(
    z.object({
      id: z.string(),
      desired: z.int().meta({ description: 'Desired slots' }),
      live: z.int().meta({ description: 'Slots held by workers now; none while there is no work' }),
      weight: z
        .int()
        .meta({ description: "Share of each worker's capacity under contention, relative to other tenants" }),
      lanes: z.array(z.string()),
    }),
  ),
  leader: z.object({ holder: z.string(), fence: z.int() }).nullable(),
  decisions: z.array(
    z.object({
      id: z.int(),
      tenantId: z.string(),
      decidedAt: z.iso.datetime(),
      waiting: z.int(),
      active: z.int(),
      previous: z.int().nullable(),
      desired: z.int(),
      policy: z.string(),
      reason: z.string(),
      leaderFence: z.int(),
    }),
  ),
});

type FleetStatus = z.infer<typeof fleetSchema>;

const SHOWN_DECISIONS = 100;

/** Dependencies of the fleet route. */
export interface FleetStatusDeps {
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
}

/** `GET /api/v1/admin/fleet`. */
export function addFleetRoute(server: ApiServer, { ledger, call, client, keys }: FleetStatusDeps): void {
  server.get(
    '/api/v1/admin/fleet',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Worker processes, slots, the leading scaler and its latest decisions',
        response: { 200: fleetSchema, ...refusals() },
      },
    },
    async () => {
      const [[buckets, workers, leases, leader], decisions] = await Promise.all([
        call(() =>
          Promise.all([
            readBuckets(client, keys, BUCKETS),
            readLiveWorkers(client, keys),
            readSlotLeases(client, keys),
            readLeader(client, keys),
          ]),
        ),
        ledger((db) => listScalingDecisions(db, SHOWN_DECISIONS)),
      ]);
      const live = countBy(leases, ({ tenantId }) => tenantId);
      return {
        workers: describeWorkers(workers, leases),
        tenants: buckets.flatMap((bucket) => describeTenants(bucket, live)).sort((a, b) => (a.id < b.id ? -1 : 1)),
        leader,
        decisions: decisions.map(toDecision),
      };
    },
  );
}

function describeWorkers(workers: readonly LiveWorker[], leases: readonly SlotLease[]): FleetStatus['workers'] {
  const held = countBy(leases, ({ holder }) => holder);
  return workers.map(({ id, aliveUntilMs, capacity }) => ({
    id,
    aliveUntil: new Date(aliveUntilMs).toISOString(),
    capacity,
    slots: held.get(id) ?? 0,
  }));
}

/** The tenants of a bucket, with the number of slots held for each. */
function describeTenants(bucket: FleetBucket, live: ReadonlyMap<string, number>): FleetStatus['tenants'] {
  const lanesOf = groupLanes(bucket.lanes);
  const ids = new Set([...lanesOf.keys(), ...bucket.desired.keys()]);
  return Array.from(ids, (id) => ({
    id,
    desired: bucket.desired.get(id) ?? FLOOR_SLOTS,
    live: live.get(id) ?? 0,
    weight: bucket.weights.get(id) ?? 1,
    lanes: lanesOf.get(id) ?? [],
  }));
}

function countBy(leases: readonly SlotLease[], of: (lease: SlotLease) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const lease of leases) counts.set(of(lease), (counts.get(of(lease)) ?? 0) + 1);
  return counts;
}

function groupLanes(names: readonly string[]): Map<string, string[]> {
  const byTenant = new Map<string, string[]>();
  for (const name of names) {
    const lanes = byTenant.get(tenantOfLane(name));
    if (lanes === undefined) byTenant.set(tenantOfLane(name), [name]);
    else lanes.push(name);
  }
  return byTenant;
}

function toDecision({ decidedAt, ...decision }: ScalingDecisionRow) {
  return { ...decision, decidedAt: decidedAt.toISOString() };
}
