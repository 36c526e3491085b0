import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import { readTenantQuotas, replaceTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { TenantQuotas } from '@sluice/limits';
import { tenantLimitsBodySchema, tenantLimitsSchema } from '@sluice/shared/contracts/upstreamQuota';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';
import { tenantParamsSchema } from './tenantRoutes.js';

/** Dependencies of the limits routes. */
export interface LimitsDeps {
  readonly tasks: Pick<TaskCatalogue, 'upstreams' | 'upstreamOfClass' | 'queueClasses'>;
  readonly ledger: Ledger;
  readonly lanes: Pick<LaneQueues, 'resumeLane'>;
  readonly call: RedisCall;
  readonly log: Log;
}

/** `GET` and `PUT /api/v1/admin/tenants/:id/limits`, for the operator and the tenant's owners. */
export function addLimitsRoutes(server: ApiServer, deps: LimitsDeps): void {
  const { upstreams } = deps.tasks;
  server.get(
    '/api/v1/admin/tenants/:id/limits',
    {
      config: { access: 'limits' },
      schema: {
        tags: ['admin'],
        summary: "A tenant's quotas, by upstream",
        params: tenantParamsSchema,
        response: { 200: tenantLimitsSchema, ...refusals(404) },
      },
    },
    async (request) => readLimits(request.params.id, deps),
  );
  server.put(
    '/api/v1/admin/tenants/:id/limits',
    {
      config: { access: 'limits' },
      schema: {
        tags: ['admin'],
        summary: "Set a tenant's quotas; an omitted upstream gets the task's default",
        params: tenantParamsSchema,
        body: tenantLimitsBodySchema,
        response: { 200: tenantLimitsSchema, ...refusals(404, 413, 415) },
      },
    },
    async (request) => {
      const quotas = new Map(Object.entries(request.body.upstreams));
      assertKnown([...quotas.keys()], upstreams);
      const { id } = request.params;
      if (!(await inTenant(deps.ledger, id, (db) => replaceTenantQuotas(db, id, quotas)))) throw noSuchTenant();
      await wakeLanes(id, deps);
      return toLimits(quotas, upstreams);
    },
  );
}

async function readLimits(id: string, { ledger, tasks }: LimitsDeps): Promise<z.infer<typeof tenantLimitsSchema>> {
  return toLimits(await inTenant(ledger, id, (db) => readTenantQuotas(db, id)), tasks.upstreams);
}

function assertKnown(names: readonly string[], upstreams: TaskCatalogue['upstreams']): void {
  const unknown = names.filter((name) => !upstreams.has(name));
  if (unknown.length === 0) return;
  const message = `No task calls this upstream. Known upstreams: ${[...upstreams.keys()].join(', ')}`;
  throw new InvalidRequestError(
    'The limits are not valid.',
    unknown.map((name) => ({ pointer: `/upstreams/${name}`, message })),
  );
}

/** Wakes lanes paused by a quota, so that they check the new one now; on failure they resume when their pause ends. */
async function wakeLanes(tenantId: string, { tasks, lanes, call, log }: LimitsDeps): Promise<void> {
  for (const queueClass of tasks.queueClasses) {
    if (tasks.upstreamOfClass(queueClass) === null) continue;
    await call(() => lanes.resumeLane({ tenantId, queueClass })).catch((err: unknown) => {
      log.warn(
        { component: 'quotas', event: 'quota_not_published', err, tenantId },
        'failed to apply a new quota to a lane: the lane resumes when its pause ends',
      );
    });
  }
}

function toLimits(own: TenantQuotas | null, known: TaskCatalogue['upstreams']): z.infer<typeof tenantLimitsSchema> {
  if (own === null) throw noSuchTenant();
  const upstreams = Array.from(known.values(), ({ name, quota }) => {
    const ownQuota = own.get(name);
    return [name, { ...(ownQuota ?? quota), own: ownQuota !== undefined }] as const;
  });
  return { upstreams: Object.fromEntries(upstreams) };
}

function noSuchTenant(): FleetError {
  return new FleetError('not_found', 'There is no such tenant.');
}
