import type { LateRow } from '@sluice/fleet/submit/lateRows';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import { cancelInLedger } from './cancelInLedger.js';
import type { FleetConnection } from './fleetConnection.js';

/** Longest wait for the row of a job that its lane has already, in ms; a healthy ledger has it after about 20 ms. */
export const LATE_ROW_PATIENCE_MS = 2_000;

/**
 * Cancels a job whose row is not written yet: removes it from its lane at once, and writes its row as cancelled as soon
 * as the ledger accepts it. A job that a worker has claimed meanwhile is cancelled once its row exists.
 * @throws FleetError `wrong_state` when it is over, `unavailable` when the ledger is down and a worker may have the job
 */
export async function cancelLate(fleet: FleetConnection, late: LateRow): Promise<void> {
  const { id, tenantId, queueClass } = late.row;
  const lane = { tenantId, queueClass };
  const event = { kind: 'state', jobId: id, ...lane, state: 'cancelled', attempt: 0 } as const;
  late.cancel();
  const removed = await fleet.lanes.remove(lane, id).catch(() => false);
  if (removed) fleet.feed.publish(event);
  const unavailable = (cause?: unknown): FleetError =>
    new FleetError('unavailable', 'The ledger is unavailable; the job is cancelled once it is back.', { cause });
  // Continues after the time-out, for as long as the row is being written.
  const cancelling = late.written.then(() => cancelInLedger(fleet, tenantId, id));
  const cancellation = await within(LATE_ROW_PATIENCE_MS, cancelling, unavailable).catch((err: unknown) => {
    fleet.log.debug(
      { component: 'queued_client', event: 'cancellation_delayed', err, jobId: id },
      'failed to cancel a job in the ledger yet: its row is written as cancelled later',
    );
    return null;
  });
  if (cancellation === null) {
    if (removed) return;
    throw unavailable();
  }
  if (cancellation.kind === 'finished' && cancellation.state !== 'cancelled') {
    throw new FleetError('wrong_state', `The request is already ${cancellation.state}.`);
  }
  if (!removed && cancellation.kind !== 'running') fleet.feed.publish(event);
}
