import type { QueueClass } from '../contracts/queueClass.js';
import { FleetError } from '../errors/fleetError.js';
import { inTenant } from '../postgres/inTenant.js';
import { cancelJob } from '../postgres/queries/cancelJob.js';
import type { FleetClient } from './openFleetClient.js';

/**
 * Cancels a job of a tenant: at once while it waits, through its signal while it runs. The ledger has the wish first; a
 * Redis that is away hears of it from whoever claims the job.
 * @throws FleetError `not_found`, or `wrong_state` when it is over
 */
export async function cancelOwn(fleet: FleetClient, tenantId: string, id: string): Promise<void> {
  const { db, lanes, feed, redis, keys } = fleet;
  const cancellation = await inTenant(db, tenantId, (session) => cancelJob(session, tenantId, id));
  switch (cancellation.kind) {
    case 'unknown':
      throw new FleetError('not_found', 'There is no such request.');
    case 'finished':
      throw new FleetError('wrong_state', `The request is ${cancellation.state} already.`);
    case 'running':
      await redis.publish(keys.cancelChannel, id).catch(() => undefined);
      return;
    case 'cancelled': {
      const lane = { tenantId, queueClass: cancellation.queueClass as QueueClass };
      await lanes.remove(lane, cancellation.queueJobId ?? id).catch(() => undefined);
      feed.tell({ kind: 'state', jobId: id, ...lane, state: 'cancelled', attempt: 0 });
    }
  }
}
