import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import { SEVERITY_OF } from '@sluice/shared/contracts/deadLetter';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { AttemptVerdict } from '../attempt/attemptVerdict.js';
import { toJobError } from '../attempt/storable.js';
import type { LedgerWriter } from '../ledger/ledgerWriter.js';
import { deadLetterJob } from './deadLetterJob.js';

/** Dependencies of settling a job. */
export interface SettleDeps {
  readonly ledger: LedgerWriter;
  readonly queues: Pick<LaneQueues, 'addDeadLetter' | 'removeDeadLetter'>;
  readonly feed: Pick<FeedWriter, 'publish'>;
  readonly log: Log;
}

/**
 * Writes the outcome to the ledger, then to the dead-letter queue, and returns what to report to BullMQ last. A crash
 * between any two steps is repaired by the next claim: it finds the job finished in the ledger and repeats the
 * remaining steps.
 */
export async function settleAttempt(
  job: Pick<ClaimedJob, 'id' | 'tenantId' | 'fence'> & { readonly task: string; readonly queueClass: string },
  verdict: AttemptVerdict,
  deps: SettleDeps,
): Promise<AttemptEnd> {
  const settlement = toSettlement(job, verdict);
  const taken = await deps.ledger.settle(settlement);
  if (!taken) {
    deps.log.warn(
      { component: 'settle', event: 'outcome_dropped', jobId: job.id, fence: job.fence },
      'failed to settle an attempt: a later attempt owns the job, so the outcome was dropped',
    );
    return { kind: 'leave' };
  }
  const { state, error: jobError } = settlement;
  deps.feed.publish({
    kind: 'state',
    jobId: job.id,
    tenantId: job.tenantId,
    queueClass: job.queueClass,
    state,
    attempt: job.fence,
    ...(jobError === null ? {} : { error: jobError }),
  });
  if (verdict.kind === 'bury') {
    const error = toJobError(verdict.error);
    const note = { jobId: job.id, task: job.task, category: verdict.category, error, attempts: job.fence };
    return deadLetterJob(job.tenantId, note, deps);
  }
  return toAttemptEnd(verdict);
}

const OUTCOME_OF = { retry: 'failed', defer: 'deferred', lost: 'lost' } as const;

/** Converts a verdict into the ledger's settlement. */
function toSettlement({ id, fence }: Pick<ClaimedJob, 'id' | 'fence'>, verdict: AttemptVerdict): Settlement {
  // The common case, written out: copying the base object would cost each job more than everything else here.
  if (verdict.kind === 'completed') {
    const { result } = verdict;
    return { id, fence, state: 'completed', outcome: 'completed', result, error: null, retryInMs: null, death: null };
  }
  const base = { id, fence, result: null, error: null, retryInMs: null, death: null };
  switch (verdict.kind) {
    case 'retry':
    case 'defer':
    case 'lost': {
      const outcome = OUTCOME_OF[verdict.kind];
      const neverRan = verdict.kind === 'defer' && verdict.neverRan === true ? { neverRan: true as const } : {};
      const told = { error: toJobError(verdict.error), retryInMs: verdict.delayMs };
      return { ...base, state: 'retrying', outcome, ...told, ...neverRan };
    }
    case 'release':
      return { ...base, state: 'queued', outcome: 'released', ...(verdict.neverRan && { neverRan: true }) };
    case 'put-back': {
      const waits = { error: toJobError(verdict.error), retryInMs: verdict.delayMs, neverRan: true as const };
      return { ...base, state: 'retrying', outcome: 'released', ...waits };
    }
    case 'hold-back':
      return { ...base, state: 'queued', outcome: 'deferred', error: toJobError(verdict.error) };
    case 'cancel':
      return { ...base, state: 'cancelled', outcome: 'cancelled' };
    case 'bury': {
      const death = { category: verdict.category, severity: SEVERITY_OF[verdict.category] };
      const outcome = verdict.lost === true ? 'lost' : 'failed';
      return { ...base, state: 'dead', outcome, error: toJobError(verdict.error), death };
    }
  }
}

/** Converts a verdict into what BullMQ receives. */
function toAttemptEnd(verdict: AttemptVerdict): AttemptEnd {
  switch (verdict.kind) {
    case 'completed':
    case 'defer':
    case 'release':
      return verdict;
    case 'lost':
    case 'put-back':
      return { kind: 'defer', delayMs: verdict.delayMs };
    case 'hold-back':
      return { kind: 'release' };
    case 'retry':
      return { kind: 'retry', delayMs: verdict.delayMs, message: toJobError(verdict.error).message };
    case 'cancel':
      return { kind: 'bury', message: 'cancelled' };
    case 'bury':
      return { kind: 'bury', message: toJobError(verdict.error).message };
  }
}
