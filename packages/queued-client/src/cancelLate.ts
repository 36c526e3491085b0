import type { LateRow } from '@sluice/fleet/submit/lateRows';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import { cancelInLedger } from './cancelInLedger.js';
import type { FleetClient } from './openFleetClient.js';

/** Longest wait for the row of a job that its lane has already, in ms; a ledger that is well has it after some 20 ms. */
export const LATE_ROW_PATIENCE_MS = 2_000;

/**
 * Cancels a job whose row is on its way: it leaves its lane at once, and its row is written as cancelled, whenever the ledger
 * takes it. One that a worker has taken meanwhile is cancelled as soon as there is a row to say so.
 * @throws FleetError `wrong_state` when it is over, `unavailable` when the ledger is away and a worker may have the job
 */
export async function cancelLate(fleet: FleetClient, late: LateRow): Promise<void> {
  const { id, tenantId, queueClass } = late.row;
  const lane = { tenantId, queueClass: queueClass };
  const told = { kind: 'state', jobId: id, ...lane, state: 'cancelled', attempt: 0 } as const;
  late.cancel();
  const removed = await fleet.lanes.remove(lane, id).catch(() => false);
  if (removed) fleet.feed.tell(told);
  const away = (cause?: unknown): FleetError =>
    new FleetError('unavailable', 'The ledger is away; the job is cancelled when it is back.', { cause });
  // Goes on behind the bound, for as long as the row does.
  const cancelling = late.written.then(() => cancelInLedger(fleet, tenantId, id));
  const cancellation = await within(LATE_ROW_PATIENCE_MS, cancelling, away).catch((err: unknown) => {
    fleet.log.debug({ err, jobId: id }, 'the row of a cancelled job is not written yet');
    return null;
  });
  if (cancellation === null) {
    if (removed) return;
    throw away();
  }
  if (cancellation.kind === 'finished' && cancellation.state !== 'cancelled') {
    throw new FleetError('wrong_state', `The request is ${cancellation.state} already.`);
  }
  if (!removed && cancellation.kind !== 'running') fleet.feed.tell(told);
}
