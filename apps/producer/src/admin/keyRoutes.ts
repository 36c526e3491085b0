import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { ApiKeyRow } from '@sluice/fleet/postgres/queries/tenants';
import { findTenant, insertApiKey, listApiKeys, revokeApiKey } from '@sluice/fleet/postgres/queries/tenants';
import { keyBodySchema, keySchema, tenantRoleSchema } from '@sluice/shared/contracts/identity';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import { z } from 'zod';
import { hashApiKey, newApiKey } from '../http/apiKey.js';
import type { ApiServer } from '../http/apiServer.js';
import { operatorCreatingHeadersSchema, refusals } from '../http/responses.js';
import { assertFound, tenantParamsSchema } from './tenantRoutes.js';

const createdKeySchema = z.object({
  id: z.uuid(),
  key: z.string().meta({ description: 'The key itself, returned only once' }),
  role: tenantRoleSchema,
  name: z.string().nullable(),
  userId: z.string().nullable(),
});

const keyParamsSchema = tenantParamsSchema.extend({ keyId: z.string().meta({ format: 'uuid' }) });

/** `/api/v1/admin/tenants/:id/keys`. */
export function addKeyRoutes(server: ApiServer, ledger: Ledger): void {
  addCreateRoute(server, ledger);
  server.get(
    '/api/v1/admin/tenants/:id/keys',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'List the keys of a tenant, without their secrets',
        params: tenantParamsSchema,
        response: { 200: z.object({ keys: z.array(keySchema) }), ...refusals(404) },
      },
    },
    async (request) => {
      const tenant = assertFound(await ledger((db) => findTenant(db, request.params.id)));
      return { keys: (await inTenant(ledger, tenant.id, (db) => listApiKeys(db, tenant.id))).map(toKey) };
    },
  );
  server.delete(
    '/api/v1/admin/tenants/:id/keys/:keyId',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'Revoke a key; it stops working everywhere within a second',
        params: keyParamsSchema,
        response: { 204: z.undefined().meta({ description: 'Revoked' }), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { id, keyId } = request.params;
      const revoked = isId(keyId) && (await inTenant(ledger, id, (db) => revokeApiKey(db, id, keyId)));
      if (!revoked) throw new FleetError('not_found', 'There is no such key, or it is revoked.');
      return reply.code(204).send(undefined);
    },
  );
}

function addCreateRoute(server: ApiServer, ledger: Ledger): void {
  server.post(
    '/api/v1/admin/tenants/:id/keys',
    {
      config: { access: 'operate', creates: true, answersSecret: true },
      schema: {
        tags: ['admin'],
        summary: 'Create a key',
        headers: operatorCreatingHeadersSchema,
        params: tenantParamsSchema,
        body: keyBodySchema,
        response: { 201: createdKeySchema, ...refusals(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const tenant = assertFound(await ledger((db) => findTenant(db, request.params.id)));
      const { role, name = null, userId = null } = request.body;
      const key = newApiKey();
      const row = { id: request.seed, tenantId: tenant.id, role, name, userId, hash: hashApiKey(key) };
      const { id } = await inTenant(ledger, tenant.id, (db) => insertApiKey(db, row));
      return reply.code(201).send({ id, key, role, name, userId });
    },
  );
}

function toKey({ id, role, name, userId, createdAt, revokedAt }: ApiKeyRow): z.infer<typeof keySchema> {
  return {
    id,
    role,
    name,
    userId,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
