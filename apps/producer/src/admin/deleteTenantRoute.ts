import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { deleteTenant } from '@sluice/fleet/postgres/queries/tenants';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { forgetTenantLanes } from '@sluice/fleet/redis/commands/tenantEntry';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import { classOfLane, laneName, tenantOfLane } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';
import { tenantParamsSchema } from './tenantRoutes.js';

/** Dependencies of deleting a tenant. */
export interface DeleteTenantDeps {
  readonly tasks: Pick<TaskCatalogue, 'queueClasses'>;
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly log: Log;
}

/** `DELETE /api/v1/admin/tenants/:id`. */
export function addDeleteTenantRoute(server: ApiServer, deps: DeleteTenantDeps): void {
  server.delete(
    '/api/v1/admin/tenants/:id',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Delete a tenant: revokes its keys, cancels its waiting jobs, removes its lanes',
        params: tenantParamsSchema,
        response: { 204: z.undefined().meta({ description: 'Deleted' }), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await deps.ledger((db) => deleteTenant(db, id)))) {
        throw new FleetError('not_found', 'There is no such tenant.');
      }
      await removeLanes(id, deps);
      return reply.code(204).send(undefined);
    },
  );
}

/** Leftovers after a Redis outage are harmless: nobody can add to them, and the ledger marks their jobs as ended. */
async function removeLanes(
  tenantId: string,
  { tasks, lanes, call, client, keys, log }: DeleteTenantDeps,
): Promise<void> {
  try {
    const { lanes: names } = await call(() => readFleetTable(client, keys));
    const known = names.filter((name) => tenantOfLane(name) === tenantId);
    const possible = tasks.queueClasses.map((queueClass) => laneName({ tenantId, queueClass }));
    for (const name of new Set([...known, ...possible])) {
      const lane: Lane = { tenantId, queueClass: classOfLane(name) };
      if (known.includes(name)) await lanes.obliterate(lane);
      lanes.forget(lane);
    }
    await call(() => forgetTenantLanes(client, keys, tenantId, known));
  } catch (err) {
    log.warn(
      { component: 'tenants', event: 'lanes_not_removed', err, tenantId },
      'failed to remove the lanes of a deleted tenant: they stay in Redis',
    );
  }
}
