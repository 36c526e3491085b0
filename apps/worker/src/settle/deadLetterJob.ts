import type { DeadLetterNote, LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LedgerWriter } from '../ledger/ledgerWriter.js';
import { untilWritten } from '../ledger/untilWritten.js';

/** Dependencies of dead-lettering a job. */
export interface DeadLetterDeps {
  readonly ledger: Pick<LedgerWriter, 'isDead'>;
  readonly queues: Pick<LaneQueues, 'addDeadLetter' | 'removeDeadLetter'>;
  readonly log: Log;
}

/**
 * Adds a note of a dead job to the tenant's dead-letter queue, and returns what to report to BullMQ. A job that was
 * redriven meanwhile goes back to its lane: its new add was deduplicated against the BullMQ job that still ran here,
 * and failing that one now would lose it.
 */
export async function deadLetterJob(tenantId: string, note: DeadLetterNote, deps: DeadLetterDeps): Promise<AttemptEnd> {
  const { ledger, queues, log } = deps;
  await untilWritten('bury', () => queues.addDeadLetter(tenantId, note), log);
  const dead = await untilWritten('look after burying', () => ledger.isDead(tenantId, note.jobId), log);
  if (dead) return { kind: 'bury', message: note.error.message };
  await untilWritten('removeDeadLetter', () => queues.removeDeadLetter(tenantId, note.jobId), log);
  return { kind: 'release' };
}
