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
import type { FleetClient } from './openFleetClient.js';

/** Who asks. */
export interface Requester {
  readonly tenant: string;
  readonly user: string;
  readonly role: TenantRole;
}

/** Longest name of a user, in characters. */
const MAX_USER = 200;

/**
 * Checks who asks: the service that builds a client vouches for them, and may be mistaken.
 * @throws InvalidRequestError naming what cannot be
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
 * Refuses a tenant that is not there, or no longer. What the ledger said last holds while it is away.
 * @throws FleetError `not_found`, or `unavailable` when nobody can say
 */
export async function assertKnownTenant({ quotas }: Pick<FleetClient, 'quotas'>, tenant: string): Promise<void> {
  const known = await quotas.knows(tenant).catch((cause: unknown) => {
    throw new FleetError('unavailable', 'The ledger cannot be reached.', { cause });
  });
  if (!known) throw new FleetError('not_found', 'There is no such tenant.');
}

/**
 * A job that the requester may see: its own, or any of its tenant as admin or owner. One that this process has just added is
 * waited for a little.
 * @throws FleetError `not_found` also for another tenant's, whose existence is not told; `forbidden` for another user's;
 *   `unavailable` when the ledger is away
 */
export async function readOwnJob(
  fleet: Pick<FleetClient, 'db' | 'acceptor'>,
  who: Requester,
  id: string,
): Promise<JobRow> {
  const { db, acceptor } = fleet;
  const late = findOwnLate(acceptor, who, id);
  if (late !== null)
    await within(
      LATE_ROW_PATIENCE_MS,
      late.written.catch(() => undefined),
      ledgerAway,
    );
  const { tenant } = who;
  const job = isId(id) ? await inTenant(db, tenant, (session) => readJobRow(session, tenant, id)) : null;
  if (job === null) throw new FleetError('not_found', 'There is no such request.');
  assertMaySee(who, job.userId);
  return job;
}

/**
 * The row of a job that the requester may see, while it is on its way into the ledger; else null.
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

function ledgerAway(): FleetError {
  return new FleetError('unavailable', 'The ledger does not have the request yet.');
}
