import type { QueueClass } from '../contracts/queueClass.js';
import { inTenant } from '../postgres/inTenant.js';
import type { Cancellation } from '../postgres/queries/cancelJob.js';
import { cancelJob } from '../postgres/queries/cancelJob.js';
import type { FleetClient } from './openFleetClient.js';

/** Cancels a job that the ledger has; it leaves its lane, or its worker hears of it. */
export async function cancelInLedger(fleet: FleetClient, tenantId: string, id: string): Promise<Cancellation> {
  const { db, lanes, redis, keys } = fleet;
  const cancellation = await inTenant(db, tenantId, (session) => cancelJob(session, tenantId, id));
  if (cancellation.kind === 'running') await redis.publish(keys.cancelChannel, id).catch(() => undefined);
  if (cancellation.kind === 'cancelled') {
    const lane = { tenantId, queueClass: cancellation.queueClass as QueueClass };
    await lanes.remove(lane, cancellation.queueJobId ?? id).catch(() => undefined);
  }
  return cancellation;
}
