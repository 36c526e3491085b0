import type { JobState } from '@sluice/shared/contracts/jobStates';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { LanedJob } from '../queue/add/jobOptions.js';
import type { SeenLane } from '../wait/laneReader.js';
import type { BatchTicket } from './batchOrder.js';
import type { GroupCommit } from './groupCommit.js';
import type { LaneAdder } from './laneAdder.js';
import type { LateRows } from './lateRows.js';
import type { PreparedJob } from './prepareJob.js';
import type { QueuedMarks } from './queuedMarks.js';

/** A job that was accepted, as far as this process knows, or `known` for a duplicate request. */
export type Acceptance =
  | {
      readonly kind: 'new';
      readonly state: JobState;
      /** A snapshot of its lane right after the add; null when none was requested, or the lane could not be read. */
      readonly seen: SeenLane | null;
    }
  | { readonly kind: 'known' };

/** Limits how many jobs may be accepted without being queued. */
export interface UnqueuedLimit {
  /**
   * Counts one more job of a tenant that will not be queued now.
   * @throws FleetError `unavailable` when the limit is reached
   */
  take(tenantId: string): Promise<void>;
}

/** The steps of acceptance. */
export interface AcceptanceSteps {
  readonly commits: Pick<GroupCommit, 'commit'>;
  readonly late: Pick<LateRows, 'reserve'>;
  readonly adder: Pick<LaneAdder, 'isOpen' | 'add' | 'addCommitted'>;
  readonly marks: Pick<QueuedMarks, 'note'>;
  readonly unqueued: UnqueuedLimit | undefined;
  readonly onUnqueued: ((jobId: string, cause: unknown) => void) | undefined;
}

/** Takes a job through the steps, in the order that its durability requires. */
export type AcceptancePath = (job: PreparedJob, ticket?: BatchTicket) => Promise<Acceptance>;

/** The ledger first, then the lane; or, for `durability: redis`, the lane only, and the ledger later. */
export function createAcceptancePaths(steps: AcceptanceSteps): (job: PreparedJob) => AcceptancePath {
  const { commits, late, adder, marks, unqueued, onUnqueued } = steps;

  async function acceptInLedger(job: PreparedJob, ticket?: BatchTicket): Promise<Acceptance> {
    if (unqueued !== undefined && !adder.isOpen()) await unqueued.take(job.row.tenantId);
    const inserted = await commits.commit(job);
    if (inserted.kind === 'duplicate') throw duplicate(inserted.jobId);
    if (inserted.kind === 'known') return { kind: 'known' };
    await ticket?.ready();
    const adding = adder.addCommitted(job, () => marks.note(job.row.id));
    ticket?.release();
    const placed = await adding;
    if (placed.kind === 'added') return { kind: 'new', state: stateInLane(job), seen: placed.seen };
    // A job with this dedupeKey has ended in the ledger but is still in the lane, which soon removes it: this one is
    // added later.
    onUnqueued?.(job.row.id, placed.kind === 'unknown' ? placed.cause : undefined);
    return { kind: 'new', state: 'accepted', seen: null };
  }

  /** Its add is sent at once, in the order in which the batch was read. */
  async function acceptInRedis(job: PreparedJob, ticket?: BatchTicket): Promise<Acceptance> {
    ticket?.release();
    const row = late.reserve(job);
    try {
      const placed = await adder.add(job);
      if (placed.kind === 'deduplicated') throw duplicate(placed.by);
      row.write();
      return { kind: 'new', state: stateInLane(job), seen: placed.seen };
    } catch (error) {
      row.release();
      throw error;
    }
  }

  /** The ledger deduplicates across the tenant, so it comes first; without it, Redis deduplicates within the lane. */
  async function acceptUnique(job: PreparedJob, ticket?: BatchTicket): Promise<Acceptance> {
    try {
      // The state of a row that is not in Redis yet.
      return await acceptInLedger({ ...job, row: { ...job.row, state: 'accepted' } }, ticket);
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'unavailable') throw error;
      return acceptInRedis(job);
    }
  }

  return ({ row: { durability, dedupeKey } }) => {
    if (durability === 'ledger') return acceptInLedger;
    return dedupeKey === null ? acceptInRedis : acceptUnique;
  };
}

/** The state of a job that was just added. */
export function stateInLane({ job }: LanedJob): JobState {
  return job.delayMs > 0 ? 'delayed' : 'queued';
}

function duplicate(jobId: string): ProblemError {
  return new ProblemError('duplicate_job', 'An unfinished job has this dedupeKey.', { members: { jobId } });
}
