import { randomBytes } from 'node:crypto';
import { tenantBodySchema, tenantPatchSchema, tenantSchema } from '@sluice/shared/contracts/tenant';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { TenantRow } from '@sluice/shared/postgres/queries/tenants';
import { findTenant, insertTenant, listTenants, updateTenant } from '@sluice/shared/postgres/queries/tenants';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { operatorCreatingHeadersSchema, refusals } from '../http/responses.js';
import type { Ledger } from '../stores/ledger.js';

/** The id of a tenant in a path. */
export const tenantParamsSchema = z.object({ id: z.string() });

/** `GET`, `POST` and `PATCH` of `/api/v1/admin/tenants`. */
export function addTenantRoutes(server: ApiServer, ledger: Ledger): void {
  addReadRoutes(server, ledger);
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
      const { id, name = id, weight, plan } = request.body;
      const signingSecret = `whsec_${randomBytes(32).toString('base64')}`;
      const tenant = await ledger((db) => insertTenant(db, { id, name, weight, plan, signingSecret }));
      if (tenant === null) throw new FleetError('conflict', 'This id is taken, or was once.');
      return reply.code(201).header('location', `/api/v1/admin/tenants/${id}`).send(toTenant(tenant));
    },
  );
  server.patch(
    '/api/v1/admin/tenants/:id',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Change a tenant; what is left out stays',
        params: tenantParamsSchema,
        body: tenantPatchSchema,
        response: { 200: tenantSchema, ...refusals(404, 413, 415) },
      },
    },
    async (request) => {
      const { name, weight, plan } = request.body;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(weight === undefined ? {} : { weight }),
        ...(plan === undefined ? {} : { plan }),
      };
      return toTenant(assertFound(await ledger((db) => updateTenant(db, request.params.id, change))));
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
        summary: 'Every tenant',
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
        summary: 'One tenant',
        params: tenantParamsSchema,
        response: { 200: tenantSchema, ...refusals(404) },
      },
    },
    async (request) => toTenant(assertFound(await ledger((db) => findTenant(db, request.params.id)))),
  );
}

/**
 * A tenant that there is.
 * @throws FleetError `not_found`
 */
export function assertFound(tenant: TenantRow | null): TenantRow {
  if (tenant === null) throw new FleetError('not_found', 'There is no such tenant.');
  return tenant;
}

function toTenant({ id, name, weight, plan, createdAt }: TenantRow): z.infer<typeof tenantSchema> {
  return { id, name, weight, plan, createdAt: createdAt.toISOString() };
}
