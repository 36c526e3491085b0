import type { Principal } from '@sluice/shared/contracts/identity';
import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import type { Access, Caller } from '../http/access.js';
import type { ApiServer } from '../http/apiServer.js';
import type { Authenticate } from './authenticate.js';
import { ROLES_OF } from './roles.js';
import type { FindTenant } from './tenantLookup.js';

/** Access for which the operator need not name a tenant in a header. */
const WITHOUT_TENANT: ReadonlySet<Access> = new Set(['catalogue', 'webhook-secret', 'limits', 'operate']);

/** Access to what is of the tenant that the path names. */
const OF_NAMED_TENANT: ReadonlySet<Access> = new Set(['webhook-secret', 'limits']);

/**
 * Lets in who may use a route, and notes who it is. A route under `/api/` that does not say what it needs is not served
 * at all.
 */
export function addAdmission(server: ApiServer, authenticate: Authenticate, findTenant: FindTenant): void {
  server.decorateRequest('caller', null);
  server.addHook('onRoute', ({ url, config }) => {
    if (url.startsWith('/api/') && config?.access === undefined) {
      throw new FleetError('internal', `The route ${url} does not say what access it needs.`);
    }
  });
  server.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === undefined) return;
    const principal = await authenticate(request.headers.authorization);
    const caller = toCaller(principal, [request.headers['x-tenant-id']].flat()[0]);
    await assertMayUse(caller, access, { params: request.params, findTenant });
    request.caller = caller;
  });
}

function toCaller(principal: Principal, tenantHeader: string | undefined): Caller {
  if (principal.kind === 'operator') {
    return { operator: true, tenantId: tenantHeader ?? null, role: 'owner', submitter: null };
  }
  const { tenantId, role, userId, keyId } = principal;
  // The same answer whether the other tenant exists or not.
  if (tenantHeader !== undefined && tenantHeader !== tenantId) {
    throw new FleetError('forbidden', 'Only the operator acts for another tenant.');
  }
  return { operator: false, tenantId, role, submitter: userId ?? (keyId === null ? null : `key:${keyId}`) };
}

async function assertMayUse(
  caller: Caller,
  access: Access,
  { params, findTenant }: { readonly params: unknown; readonly findTenant: FindTenant },
): Promise<void> {
  if (OF_NAMED_TENANT.has(access) && !caller.operator && namedTenant(params) !== caller.tenantId) {
    throw new FleetError('not_found', 'There is no such tenant.');
  }
  if (!caller.operator) {
    if (ROLES_OF[access].includes(caller.role)) return;
    throw new FleetError('forbidden', `The role ${caller.role} may not do this; it needs ${whoMay(access)}.`);
  }
  if (WITHOUT_TENANT.has(access)) return;
  await assertActsForTenant(caller.tenantId, findTenant);
}

function whoMay(access: Access): string {
  const roles = ROLES_OF[access];
  return roles.length === 0 ? 'the operator' : `the role ${roles.join(' or ')}`;
}

async function assertActsForTenant(tenantId: string | null, findTenant: FindTenant): Promise<void> {
  if (tenantId === null) {
    const message = 'As operator, name the tenant to act for in the header X-Tenant-Id';
    throw new InvalidRequestError(`${message}.`, [{ pointer: '/x-tenant-id', message }]);
  }
  if (!TENANT_ID.test(tenantId) || (await findTenant(tenantId)) === null) {
    throw new FleetError('not_found', 'There is no such tenant.');
  }
}

function namedTenant(params: unknown): string | null {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : null;
}
