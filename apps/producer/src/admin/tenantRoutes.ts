import { randomBytes } from 'node:crypto';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { TenantRow } from '@sluice/fleet/postgres/queries/tenants';
import { findTenant, insertTenant, listTenants, updateTenant } from '@sluice/fleet/postgres/queries/tenants';
import { writeWeights } from '@sluice/fleet/redis/commands/tenantEntry';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { operatorCreatingHeadersSchema, refusals } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';
import { tenantBodySchema, tenantPatchSchema, tenantSchema } from './tenantContract.js';

/** A tenant's id in a path. */
export const tenantParamsSchema = z.object({ id: z.string() });

/** Dependencies of the tenant routes. */
export interface TenantDeps {
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly log: Log;
}

/** `GET`, `POST` and `PATCH` of `/api/v1/admin/tenants`. */
export function addTenantRoutes(server: ApiServer, deps: TenantDeps): void {
  addReadRoutes(server, deps.ledger);
  addCreateRoute(server, deps);
  addChangeRoute(server, deps);
}

/** The ledger already has the weight. If Redis is unavailable, the leading scaler copies it later. */
async function copyWeight({ id, weight }: TenantRow, { call, client, keys, log }: TenantDeps): Promise<void> {
  try {
    await call(() => writeWeights(client, keys, new Map([[id, weight]])));
  } catch (err) {
    log.warn(
      { component: 'tenants', event: 'weight_not_published', err, tenantId: id },
      'failed to publish the weight of a tenant: the scaler publishes it later',
    );
  }
}

function addCreateRoute(server: ApiServer, deps: TenantDeps): void {
  server.post(
    '/api/v1/admin/tenants',
    {
      config: { access: 'operate', creates: true },
      schema: {
        tags: ['admin'],
        summary: 'Create a tenant',
        headers: operatorCreatingHeadersSchema,
        body: tenantBodySchema,
        response: { 201: tenantSchema, ...refusals(409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { id, name = id, weight, plan, priorityRules = null, ga4Properties } = request.body;
      const signingSecret = `whsec_${randomBytes(32).toString('base64')}`;
      const tenant = await deps.ledger((db) =>
        insertTenant(db, { id, name, weight, plan, priorityRules, ga4Properties, signingSecret }),
      );
      if (tenant === null) throw new FleetError('conflict', 'This id is in use or was used before.');
      if (weight !== 1) await copyWeight(tenant, deps);
      return reply.code(201).header('location', `/api/v1/admin/tenants/${id}`).send(toTenant(tenant));
    },
  );
}

function addChangeRoute(server: ApiServer, deps: TenantDeps): void {
  server.patch(
    '/api/v1/admin/tenants/:id',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Change a tenant; omitted fields keep their value',
        params: tenantParamsSchema,
        body: tenantPatchSchema,
        response: { 200: tenantSchema, ...refusals(404, 413, 415) },
      },
    },
    async (request) => {
      const { name, weight, plan, priorityRules, ga4Properties } = request.body;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(weight === undefined ? {} : { weight }),
        ...(plan === undefined ? {} : { plan }),
        ...(priorityRules === undefined ? {} : { priorityRules }),
        ...(ga4Properties === undefined ? {} : { ga4Properties }),
      };
      const tenant = assertFound(await deps.ledger((db) => updateTenant(db, request.params.id, change)));
      if (weight !== undefined) await copyWeight(tenant, deps);
      return toTenant(tenant);
    },
  );
}

function addReadRoutes(server: ApiServer, ledger: Ledger): void {
  server.get(
    '/api/v1/admin/tenants',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'List all tenants',
        response: { 200: z.object({ tenants: z.array(tenantSchema) }), ...refusals() },
      },
    },
    async () => ({ tenants: (await ledger((db) => listTenants(db))).map(toTenant) }),
  );
  server.get(
    '/api/v1/admin/tenants/:id',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Read a tenant',
        params: tenantParamsSchema,
        response: { 200: tenantSchema, ...refusals(404) },
      },
    },
    async (request) => toTenant(assertFound(await ledger((db) => findTenant(db, request.params.id)))),
  );
}

/**
 * Returns an existing tenant.
 * @throws FleetError `not_found`
 */
export function assertFound(tenant: TenantRow | null): TenantRow {
  if (tenant === null) throw new FleetError('not_found', 'There is no such tenant.');
  return tenant;
}

function toTenant(tenant: TenantRow): z.infer<typeof tenantSchema> {
  const { id, name, weight, plan, priorityRules, ga4Properties, createdAt } = tenant;
  return { id, name, weight, plan, priorityRules, ga4Properties, createdAt: createdAt.toISOString() };
}
