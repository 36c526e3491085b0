import type { TenantRow } from '@sluice/fleet/postgres/queries/tenants';
import type { Principal } from '@sluice/shared/contracts/identity';
import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import type { FastifyRequest } from 'fastify';
import type { Access, Caller } from '../http/access.js';
import type { ApiServer } from '../http/apiServer.js';
import type { Authenticate } from './authenticate.js';
import { ROLES_OF } from './roles.js';
import type { FindTenant } from './tenantLookup.js';

/** Access that does not require the operator to name a tenant in a header. */
const WITHOUT_TENANT: ReadonlySet<Access> = new Set(['catalogue', 'webhook-secret', 'limits', 'operate']);

/** Access to resources of the tenant named in the path. */
const OF_NAMED_TENANT: ReadonlySet<Access> = new Set(['webhook-secret', 'limits']);

/**
 * Authenticates and authorises the caller of a route, and records it on the request. A route under `/api/` that does
 * not declare its access is not served at all.
 */
export function addAdmission(server: ApiServer, authenticate: Authenticate, findTenant: FindTenant): void {
  server.decorateRequest('caller', null);
  server.addHook('onRoute', ({ url, config }) => {
    if (url.startsWith('/api/') && config?.access === undefined) {
      throw new FleetError('internal', `The route ${url} does not declare the access it requires.`);
    }
  });
  function admit(request: FastifyRequest, access: Access, principal: Principal): Promise<void> | undefined {
    const caller = toCaller(principal, [request.headers['x-tenant-id']].flat()[0]);
    const allowed = assertMayUse(caller, access, { params: request.params, findTenant });
    if (allowed === undefined) {
      request.caller = caller;
      return undefined;
    }
    return allowed.then(({ priorityRules }) => {
      request.caller = { ...caller, priorityRules };
    });
  }
  server.addHook('onRequest', (request, _reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === undefined) {
      done();
      return;
    }
    let admitted: Promise<void> | undefined;
    try {
      const principal = authenticate(request.headers.authorization);
      admitted =
        principal instanceof Promise
          ? principal.then((found) => admit(request, access, found))
          : admit(request, access, principal);
    } catch (error) {
      done(error instanceof Error ? error : new FleetError('internal', String(error)));
      return;
    }
    // Most credentials are cached, and awaiting a promise would cost as much as the rest of this check.
    if (admitted === undefined) done();
    else admitted.then(() => done(), done);
  });
}

function toCaller(principal: Principal, tenantHeader: string | undefined): Caller {
  if (principal.kind === 'operator') {
    const none = { submitter: null, keyId: null, expiresAtMs: null, priorityRules: null };
    return { operator: true, tenantId: tenantHeader ?? null, role: 'owner', ...none };
  }
  const { tenantId, role, userId, keyId, expiresAtMs, priorityRules } = principal;
  // The same response whether or not the other tenant exists.
  if (tenantHeader !== undefined && tenantHeader !== tenantId) {
    throw new FleetError('forbidden', 'Only the operator may act for another tenant.');
  }
  const submitter = userId ?? (keyId === null ? null : `key:${keyId}`);
  return { operator: false, tenantId, role, submitter, keyId, expiresAtMs, priorityRules };
}

/** @returns the tenant that an operator acts for */
function assertMayUse(
  caller: Caller,
  access: Access,
  { params, findTenant }: { readonly params: unknown; readonly findTenant: FindTenant },
): Promise<TenantRow> | undefined {
  if (OF_NAMED_TENANT.has(access) && !caller.operator && namedTenant(params) !== caller.tenantId) {
    throw new FleetError('not_found', 'There is no such tenant.');
  }
  if (!caller.operator) {
    if (ROLES_OF[access].includes(caller.role)) return undefined;
    throw new FleetError('forbidden', `The role ${caller.role} may not do this; it requires ${whoMay(access)}.`);
  }
  if (WITHOUT_TENANT.has(access)) return undefined;
  return assertActsForTenant(caller.tenantId, findTenant);
}

function whoMay(access: Access): string {
  const roles = ROLES_OF[access];
  return roles.length === 0 ? 'the operator' : `the role ${roles.join(' or ')}`;
}

async function assertActsForTenant(tenantId: string | null, findTenant: FindTenant): Promise<TenantRow> {
  if (tenantId === null) {
    const message = 'The operator must name the tenant in the X-Tenant-Id header';
    throw new InvalidRequestError(`${message}.`, [{ pointer: '/x-tenant-id', message }]);
  }
  const tenant = TENANT_ID.test(tenantId) ? await findTenant(tenantId) : null;
  if (tenant === null) throw new FleetError('not_found', 'There is no such tenant.');
  return tenant;
}

function namedTenant(params: unknown): string | null {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : null;
}
