import { inTenant } from '@sluice/fleet/postgres/inTenant';
import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import type { LateRow } from '@sluice/fleet/submit/lateRows';
import type { TenantRole } from '@sluice/shared/contracts/identity';
import { TENANT_ROLES } from '@sluice/shared/contracts/identity';
import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FieldProblem } from '@sluice/shared/errors/invalidRequestError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { isId } from '@sluice/shared/ids/ids';
import { within } from '@sluice/shared/lifecycle/within';
import { LATE_ROW_PATIENCE_MS } from './cancelLate.js';
import type { FleetConnection } from './fleetConnection.js';

/** The user on whose behalf a client acts. */
export interface Requester {
  readonly tenant: string;
  readonly user: string;
  readonly role: TenantRole;
}

/** Longest user name, in characters. */
const MAX_USER = 200;

/**
 * Validates the user: the service that creates a client vouches for them, and may be mistaken.
 * @throws InvalidRequestError naming the invalid fields
 */
export function readRequester({ tenant, user, role }: Requester): Requester {
  const fields: FieldProblem[] = [];
  if (!TENANT_ID.test(tenant)) fields.push({ pointer: '/tenant', message: 'Must be the id of a tenant' });
  if (user.length === 0 || user.length > MAX_USER) {
    fields.push({ pointer: '/user', message: `Must have 1 to ${MAX_USER} characters` });
  }
  if (!TENANT_ROLES.includes(role)) fields.push({ pointer: '/role', message: `Must be ${TENANT_ROLES.join(', ')}` });
  if (fields.length > 0) throw new InvalidRequestError('The client cannot be for this user.', fields);
  return { tenant, user, role };
}

/**
 * Refuses a tenant that does not exist. While the ledger is unavailable, its last known result applies.
 * @throws FleetError `not_found`, or `unavailable` when there is no known result
 */
export async function assertKnownTenant({ quotas }: Pick<FleetConnection, 'quotas'>, tenant: string): Promise<void> {
  const known = await quotas.knows(tenant).catch((cause: unknown) => {
    throw new FleetError('unavailable', 'The ledger cannot be reached.', { cause });
  });
  if (!known) throw new FleetError('not_found', 'There is no such tenant.');
}

/**
 * A job that the requester may see: its own, or any of its tenant as admin or owner. Waits briefly for one that this process has
 * just added.
 * @throws FleetError `not_found` also for another tenant's job, whose existence is not disclosed; `forbidden` for another user's;
 *   `unavailable` when the ledger is down
 */
export async function readOwnJob(
  fleet: Pick<FleetConnection, 'db' | 'acceptor'>,
  who: Requester,
  id: string,
): Promise<JobRow> {
  const { db, acceptor } = fleet;
  const late = findOwnLate(acceptor, who, id);
  if (late !== null)
    await within(
      LATE_ROW_PATIENCE_MS,
      late.written.catch(() => undefined),
      ledgerBehind,
    );
  const { tenant } = who;
  const job = isId(id) ? await inTenant(db, tenant, (session) => readJobRow(session, tenant, id)) : null;
  if (job === null) throw new FleetError('not_found', 'There is no such request.');
  assertMaySee(who, job.userId);
  return job;
}

/**
 * The row of a job that the requester may see, while it is not in the ledger yet; else null.
 * @throws FleetError `forbidden` for another user's
 */
export function findOwnLate(acceptor: Pick<Acceptor, 'late'>, who: Requester, id: string): LateRow | null {
  const late = acceptor.late(id);
  if (late === null || late.row.tenantId !== who.tenant) return null;
  assertMaySee(who, late.row.userId);
  return late;
}

function assertMaySee({ user, role }: Requester, owner: string | null): void {
  if (owner === user || role === 'admin' || role === 'owner') return;
  throw new FleetError('forbidden', "Only an admin or owner sees others' requests.");
}

function ledgerBehind(): FleetError {
  return new FleetError('unavailable', 'The ledger does not have the request yet.');
}
