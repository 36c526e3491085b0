import { inTenant } from '@sluice/fleet/postgres/inTenant';
import type { Cancellation } from '@sluice/fleet/postgres/queries/cancelJob';
import { cancelJob } from '@sluice/fleet/postgres/queries/cancelJob';
import type { FleetConnection } from './fleetConnection.js';

/** Cancels a job that the ledger has: it leaves its lane, or its worker is notified. */
export async function cancelInLedger(fleet: FleetConnection, tenantId: string, id: string): Promise<Cancellation> {
  const { db, lanes, redis, keys } = fleet;
  const cancellation = await inTenant(db, tenantId, (session) => cancelJob(session, tenantId, id));
  if (cancellation.kind === 'running') await redis.publish(keys.cancelChannel, id).catch(() => undefined);
  if (cancellation.kind === 'cancelled') {
    const lane = { tenantId, queueClass: cancellation.queueClass };
    await lanes.remove(lane, cancellation.queueJobId ?? id).catch(() => undefined);
  }
  return cancellation;
}
