import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { findTenant } from '@sluice/fleet/postgres/queries/tenants';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';
import { assertFound, tenantParamsSchema } from './tenantRoutes.js';

/** `GET /api/v1/admin/tenants/:id/webhook-secret`, for the operator and the tenant's owners. */
export function addWebhookSecretRoute(server: ApiServer, ledger: Ledger): void {
  server.get(
    '/api/v1/admin/tenants/:id/webhook-secret',
    {
      config: { access: 'webhook-secret' },
      schema: {
        tags: ['admin'],
        summary: "The secret that signs the tenant's webhooks (Standard Webhooks)",
        params: tenantParamsSchema,
        response: { 200: z.object({ secret: z.string() }), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const tenant = assertFound(await ledger((db) => findTenant(db, request.params.id)));
      reply.header('cache-control', 'no-store');
      return { secret: tenant.signingSecret };
    },
  );
}
