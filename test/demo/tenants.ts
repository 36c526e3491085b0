import type { TenantRole } from '@sluice/shared/contracts/identity';
import { TENANT_ROLES } from '@sluice/shared/contracts/identity';
import { z } from 'zod';
import type { Api } from './api.js';
import { mapBounded } from './mapBounded.js';

/** API keys by tenant and role. */
export type Keys = ReadonlyMap<string, Readonly<Record<TenantRole, string>>>;

const keySchema = z.object({ key: z.string().min(1) });
const secretSchema = z.object({ secret: z.string().startsWith('whsec_') });

/** Makes each tenant with a user, and so a key, of every role, as an operator does. */
export async function createTenants(api: Api, operatorKey: string, tenantIds: readonly string[]): Promise<Keys> {
  const made = await mapBounded([...tenantIds], 4, async (id) => {
    await api({ method: 'POST', path: '/api/v1/admin/tenants', key: operatorKey, body: { id } });
    const keys = await Promise.all(
      TENANT_ROLES.map(async (role) => [role, await createKey(api, operatorKey, id, role)] as const),
    );
    return [id, Object.fromEntries(keys) as Record<TenantRole, string>] as const;
  });
  return new Map(made);
}

async function createKey(api: Api, operatorKey: string, tenantId: string, role: TenantRole): Promise<string> {
  const { body } = await api({
    method: 'POST',
    path: `/api/v1/admin/tenants/${tenantId}/keys`,
    key: operatorKey,
    body: { role, name: `demo ${role}`, userId: `${tenantId}-${role}` },
  });
  return keySchema.parse(body).key;
}

/** The secrets that the tenants' webhooks are signed with, `whsec_...` by tenant, as each tenant's owner reads its own. */
export async function readSecrets(api: Api, keys: Keys): Promise<Record<string, string>> {
  const secrets = await mapBounded([...keys], 4, async ([tenantId, { owner }]) => {
    const path = `/api/v1/admin/tenants/${tenantId}/webhook-secret`;
    const { body } = await api({ method: 'GET', path, key: owner });
    return [tenantId, secretSchema.parse(body).secret] as const;
  });
  return Object.fromEntries(secrets);
}
