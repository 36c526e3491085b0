import type { SeenLane } from '@sluice/fleet/outlook/outlookBatches';
import type { LanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { startSend } from '@sluice/fleet/submit/sendSpan';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import { errorType } from '@sluice/shared/telemetry/spans';
import type { Enqueuer, SizedJob } from './enqueuer.js';
import type { LateLedger } from './lateLedger.js';
import type { LedgerWriter } from './ledgerWriter.js';
import type { QueuedMarks } from './queuedMarks.js';
import type { Turn } from './turns.js';
import type { UnqueuedBound } from './unqueuedBound.js';

/** Where an accepted job is: its state as far as this process knows, or `known` when the same request came before. */
export type Acceptance =
  | {
      readonly kind: 'new';
      readonly state: JobState;
      /** Its lane right after it was added; null when nobody looked or could see. */
      readonly seen: SeenLane | null;
    }
  | { readonly kind: 'known' };

/** Accepts jobs: from here on they are not lost. */
export interface Acceptor {
  /**
   * Accepts a checked job.
   * @param turn its place in its batch
   * @throws ProblemError `duplicate_job` naming the job in the way, `unavailable` when it could not be made durable
   */
  accept(job: PreparedJob, turn?: Turn): Promise<Acceptance>;
  /**
   * Adds a job that the ledger took back to its lane; `accepted` when the scaler will have to. It is not marked as queued:
   * should a death that is still under way take it out of its lane again, the scaler finds it.
   */
  enqueueAgain(job: SizedJob): Promise<JobState>;
}

/** What accepting rests on. */
export interface AcceptorParts {
  readonly writer: LedgerWriter;
  readonly late: LateLedger;
  readonly enqueuer: Enqueuer;
  readonly marks: QueuedMarks;
  readonly unqueued: UnqueuedBound;
  readonly metrics: Pick<Metrics, 'jobsAccepted' | 'jobsUnqueued'>;
}

/** The ledger first and then the lane; or, for `durability: redis`, the lane alone, and the ledger when it can. */
export function createAcceptor({ writer, late, enqueuer, marks, unqueued, metrics }: AcceptorParts): Acceptor {
  async function acceptInLedger(prepared: PreparedJob, turn?: Turn): Promise<Acceptance> {
    if (!enqueuer.isOpen()) await unqueued.take(prepared.row.tenantId);
    const inserted = await writer.write(prepared);
    if (inserted.kind === 'duplicate') throw duplicate(inserted.jobId);
    if (inserted.kind === 'known') return { kind: 'known' };
    await turn?.come();
    const placing = enqueuer.addAccepted(prepared, () => marks.note(prepared.row.id));
    turn?.pass();
    const placed = await placing;
    // A lane that still holds a job of this dedupeKey, which is over in the ledger, lets go of it soon: added again later.
    if (placed.kind === 'added') return { kind: 'new', state: stateInLane(prepared), seen: placed.seen };
    metrics.jobsUnqueued.inc();
    return { kind: 'new', state: 'accepted', seen: null };
  }

  /** Its add leaves at once, in its turn. */
  async function acceptInRedis(prepared: PreparedJob, turn?: Turn): Promise<Acceptance> {
    turn?.pass();
    const row = late.reserve(prepared);
    try {
      const placed = await enqueuer.add(prepared);
      if (placed.kind === 'swallowed') throw duplicate(placed.by);
      row.write();
      return { kind: 'new', state: stateInLane(prepared), seen: placed.seen };
    } catch (error) {
      row.release();
      throw error;
    }
  }

  /** The ledger tells duplicates for the whole tenant, so it is asked first; without it, Redis tells those in the lane. */
  async function acceptUnique(prepared: PreparedJob, turn?: Turn): Promise<Acceptance> {
    try {
      // The state of a row that is not in Redis yet, whatever comes first otherwise.
      return await acceptInLedger({ ...prepared, row: { ...prepared.row, state: 'accepted' } }, turn);
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'unavailable') throw error;
      return acceptInRedis(prepared);
    }
  }

  const counters = new Map<string, ReturnType<typeof metrics.jobsAccepted.labels>>();
  /** To find a counter by its labels costs more than to count. */
  function count({ task, durability }: PreparedJob['row']): void {
    const name = `${durability} ${task}`;
    let counter = counters.get(name);
    if (counter === undefined) {
      counter = metrics.jobsAccepted.labels({ task, durability });
      counters.set(name, counter);
    }
    counter.inc();
  }

  return {
    async accept(asked, turn) {
      const { durability, dedupeKey } = asked.row;
      const { prepared, sent } = startSend(asked);
      const way = durability === 'ledger' ? acceptInLedger : dedupeKey === null ? acceptInRedis : acceptUnique;
      try {
        const acceptance = await way(prepared, turn);
        if (acceptance.kind === 'new') count(prepared.row);
        return acceptance;
      } catch (error) {
        sent?.fail(errorType(error));
        throw error;
      } finally {
        turn?.pass();
        sent?.end();
      }
    },
    async enqueueAgain(job) {
      const { kind } = await enqueuer.addAccepted(job, () => undefined);
      return kind === 'added' ? stateInLane(job) : 'accepted';
    },
  };
}

function duplicate(jobId: string): ProblemError {
  return new ProblemError('duplicate_job', 'An unfinished job has this dedupeKey.', { members: { jobId } });
}

function stateInLane({ job }: LanedJob): JobState {
  return job.delayMs > 0 ? 'delayed' : 'queued';
}
