import { tenantOfLane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS, slotsHeldBy } from '@sluice/shared/domain/placement';
import type { ScalingDecisionRow } from '@sluice/shared/postgres/queries/scalingDecisions';
import { listScalingDecisions } from '@sluice/shared/postgres/queries/scalingDecisions';
import type { FleetTable } from '@sluice/shared/redis/commands/fleetTable';
import { readFleetTable } from '@sluice/shared/redis/commands/fleetTable';
import type { LiveWorker } from '@sluice/shared/redis/commands/processes';
import { readLeader, readLiveWorkers } from '@sluice/shared/redis/commands/processes';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';

const fleetSchema = z.object({
  workers: z.array(
    z.object({ id: z.string(), aliveUntil: z.iso.datetime(), slots: z.int().meta({ description: 'Slots it holds' }) }),
  ),
  tenants: z.array(z.object({ id: z.string(), desired: z.int(), live: z.int(), lanes: z.array(z.string()) })),
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

const SHOWN_DECISIONS = 100;

/** What telling of the fleet rests on. */
export interface FleetStatusParts {
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
}

/** `GET /api/v1/admin/fleet`. */
export function addFleetRoute(server: ApiServer, { ledger, call, client, keys }: FleetStatusParts): void {
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
      const [[table, workers, leader], decisions] = await Promise.all([
        call(() =>
          Promise.all([readFleetTable(client, keys), readLiveWorkers(client, keys), readLeader(client, keys)]),
        ),
        ledger((db) => listScalingDecisions(db, SHOWN_DECISIONS)),
      ]);
      return { ...describeFleet(table, workers), leader, decisions: decisions.map(toDecision) };
    },
  );
}

/** Who holds how many slots, by the same rule by which the workers take them. Pure. */
function describeFleet(
  table: FleetTable,
  workers: readonly LiveWorker[],
): Pick<z.infer<typeof fleetSchema>, 'workers' | 'tenants'> {
  const ids = workers.map(({ id }) => id);
  const lanesOf = groupLanes(table.lanes);
  const tenants = [...new Set([...lanesOf.keys(), ...table.desired.keys()])].sort();
  const slotsOf = (tenant: string): number => table.desired.get(tenant) ?? FLOOR_SLOTS;
  return {
    workers: workers.map(({ id, aliveUntilMs }) => ({
      id,
      aliveUntil: new Date(aliveUntilMs).toISOString(),
      slots: tenants.reduce((sum, tenant) => sum + slotsHeldBy(id, tenant, slotsOf(tenant), ids), 0),
    })),
    tenants: tenants.map((id) => ({
      id,
      desired: slotsOf(id),
      live: workers.length > 0 ? slotsOf(id) : 0,
      lanes: lanesOf.get(id) ?? [],
    })),
  };
}

function groupLanes(names: readonly string[]): Map<string, string[]> {
  const byTenant = new Map<string, string[]>();
  for (const name of names) byTenant.set(tenantOfLane(name), [...(byTenant.get(tenantOfLane(name)) ?? []), name]);
  return byTenant;
}

function toDecision({ decidedAt, ...decision }: ScalingDecisionRow) {
  return { ...decision, decidedAt: decidedAt.toISOString() };
}
