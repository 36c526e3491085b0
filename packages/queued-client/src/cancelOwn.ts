import { FleetError } from '@sluice/shared/errors/fleetError';
import { cancelInLedger } from './cancelInLedger.js';
import { cancelLate } from './cancelLate.js';
import type { FleetConnection } from './fleetConnection.js';

/**
 * Cancels a job of a tenant: at once while it waits, through its signal while it runs. The ledger records the request first, so a
 * Redis that is unavailable catches up when the job is claimed. The ledger may not have a job yet that this process just added.
 * @throws FleetError `not_found`, or `wrong_state` when it is over
 */
export async function cancelOwn(fleet: FleetConnection, tenantId: string, id: string): Promise<void> {
  const late = fleet.acceptor.late(id);
  if (late !== null && late.row.tenantId === tenantId) return cancelLate(fleet, late);
  const cancellation = await cancelInLedger(fleet, tenantId, id);
  switch (cancellation.kind) {
    case 'unknown':
      throw new FleetError('not_found', 'There is no such request.');
    case 'finished':
      throw new FleetError('wrong_state', `The request is already ${cancellation.state}.`);
    case 'running':
      return;
    case 'cancelled': {
      const { queueClass } = cancellation;
      fleet.feed.publish({ kind: 'state', jobId: id, tenantId, queueClass, state: 'cancelled', attempt: 0 });
    }
  }
}
