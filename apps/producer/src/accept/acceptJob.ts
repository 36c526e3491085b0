import type { PreparedJob } from '@sluice/shared/accept/prepareJob';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { LanedJob } from '@sluice/shared/queue/jobOptions';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Enqueuer } from './enqueuer.js';
import type { LateLedger } from './lateLedger.js';
import type { LedgerWriter } from './ledgerWriter.js';

/** Where an accepted job is: its state as far as this process knows, or `known` when the same request came before. */
export type Acceptance = { readonly kind: 'new'; readonly state: JobState } | { readonly kind: 'known' };

/** Accepts jobs: from here on they are not lost. */
export interface Acceptor {
  /**
   * Accepts a checked job.
   * @throws ProblemError `duplicate_job` naming the job in the way, `unavailable` when it could not be made durable
   */
  accept(job: PreparedJob): Promise<Acceptance>;
  /** Adds a job of the ledger to its lane; `accepted` when the scaler will have to. */
  enqueue(id: string, job: LanedJob): Promise<JobState>;
}

/** What accepting rests on. */
export interface AcceptorParts {
  readonly writer: LedgerWriter;
  readonly late: LateLedger;
  readonly enqueuer: Enqueuer;
  readonly metrics: Metrics;
}

/** The ledger first and then the lane; or, for `durability: redis`, the lane alone, and the ledger when it can. */
export function createAcceptor({ writer, late, enqueuer, metrics }: AcceptorParts): Acceptor {
  async function enqueue(id: string, laned: LanedJob): Promise<JobState> {
    try {
      await enqueuer.add(laned);
    } catch (error) {
      // The commit stands, so the job is accepted; the scaler adds what Redis does not hold.
      if (error instanceof ProblemError) return 'accepted';
      throw error;
    }
    enqueuer.noteQueued(id);
    return stateInLane(laned);
  }

  async function acceptInLedger(prepared: PreparedJob): Promise<Acceptance> {
    const inserted = await writer.write(prepared.row);
    if (inserted.kind === 'duplicate') {
      const members = { jobId: inserted.jobId };
      throw new ProblemError('duplicate_job', 'An unfinished job has this dedupeKey.', { members });
    }
    if (inserted.kind === 'known') return { kind: 'known' };
    return { kind: 'new', state: await enqueue(prepared.row.id, prepared) };
  }

  async function acceptInRedis(prepared: PreparedJob): Promise<Acceptance> {
    if (!late.hasRoom()) {
      throw new ProblemError('unavailable', 'Too many jobs wait for the ledger.', { retryAfterSeconds: 2 });
    }
    await enqueuer.add(prepared);
    late.write(prepared.row);
    return { kind: 'new', state: stateInLane(prepared) };
  }

  return {
    async accept(prepared) {
      const { durability, task } = prepared.row;
      const acceptance = await (durability === 'redis' ? acceptInRedis(prepared) : acceptInLedger(prepared));
      if (acceptance.kind === 'new') metrics.jobsAccepted.inc({ task, durability });
      return acceptance;
    },
    enqueue,
  };
}

function stateInLane({ job }: LanedJob): JobState {
  return job.delayMs > 0 ? 'delayed' : 'queued';
}
