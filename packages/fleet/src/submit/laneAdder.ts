import { laneName } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { FeedWriter } from '../feed/feedWriter.js';
import type { LanedJob } from '../queue/add/jobOptions.js';
import type { Added, LaneQueues } from '../queue/add/laneQueues.js';
import type { Ask } from '../redis/ask.js';
import type { LaneReader, SeenLane } from '../wait/laneReader.js';
import type { CallDecision } from './breaker.js';
import type { MemoryLimit } from './memoryBudget.js';
import { createMemoryBudget } from './memoryBudget.js';
import type { TouchNotice } from './touchNotice.js';

/** The result of an add. */
export type Placed =
  | {
      readonly kind: 'added';
      /** A snapshot of its lane right after the add; null when none was requested, or the lane could not be read. */
      readonly seen: SeenLane | null;
    }
  | Extract<Added, { kind: 'deduplicated' }>;

/** The result of adding a job that is in the ledger. */
export type Enqueued =
  | Placed
  /** Redis does not accept it now, or nobody waited for the response; it may still be in its lane. */
  | { readonly kind: 'unknown'; readonly cause?: unknown };

/** A job with its size. */
export interface SizedJob extends LanedJob {
  /** Size of its data as JSON. */
  readonly bytes: number;
  /** The submitter wants its position in the lane. */
  readonly asksPlace?: boolean;
}

/** Whether Redis currently accepts jobs, as far as this process knows. */
export interface AddGate {
  /** Whether an add would be sent. Has no side effect. */
  isOpen(): boolean;
  /** Decides on an add. A caller that gets `try` makes the one probe of this period. */
  decideAdd(): CallDecision;
}

/** Adds jobs to their lanes. */
export interface LaneAdder {
  /** Whether a job would be added now. */
  isOpen(): boolean;
  /**
   * Adds a job to its lane.
   * @throws FleetError `unavailable`; the job may still be in its lane
   */
  add(job: SizedJob): Promise<Placed>;
  /**
   * Adds a job that is in the ledger. Does not wait for a Redis that is known to be down.
   * @param onAdded called once the job is in its lane, even if the caller no longer waits
   */
  addCommitted(job: SizedJob, onAdded: () => void): Promise<Enqueued>;
  /** Resolves when nothing is in progress. */
  idle(): Promise<void>;
}

/** Dependencies of the lane adder. */
export interface LaneAdderDeps {
  readonly lanes: Pick<LaneQueues, 'add' | 'addOne'>;
  readonly gate: AddGate;
  /** Makes the add: sets its time limit and converts failures (`unavailable`, and a report to the gate). */
  readonly callAdd: Ask;
  /** Reads the lanes of jobs that ask for their position; null when none does. */
  readonly places: Pick<LaneReader, 'readAll'> | null;
  readonly touched: Pick<TouchNotice, 'touch'>;
  readonly feed: Pick<FeedWriter, 'publish'>;
  /** Limit of jobs on their way into Redis. */
  readonly limit: MemoryLimit;
}

interface Adding {
  readonly job: SizedJob;
  readonly isTry: boolean;
}

interface Adds {
  add(adding: Adding): Promise<Placed>;
  idle(): Promise<void>;
}

/** Adds within one turn of the event loop are sent in one write, on either path. */
export function createLaneAdder(deps: LaneAdderDeps): LaneAdder {
  const { gate, places } = deps;
  const adds = places === null ? addEach(deps) : addTogether(deps, places);
  const budget = createMemoryBudget(deps.limit);

  function send(job: SizedJob, decision: CallDecision): Promise<Placed> {
    return budget.hold(job.bytes, () => adds.add({ job, isTry: decision === 'try' }));
  }

  return {
    isOpen: () => gate.isOpen(),
    async add(job) {
      const decision = gate.decideAdd();
      if (decision === 'skip') throw queueUnavailable();
      return send(job, decision);
    },
    async addCommitted(job, onAdded) {
      const decision = gate.decideAdd();
      if (decision === 'skip') return { kind: 'unknown' };
      const adding = send(job, decision).then(
        (added): Enqueued => {
          if (added.kind === 'added') onAdded();
          return added;
        },
        (error: unknown): Enqueued => {
          // The commit stands, so the job is accepted; the scaler adds jobs that are missing in Redis.
          if (error instanceof FleetError && error.code === 'unavailable') return { kind: 'unknown', cause: error };
          throw error;
        },
      );
      if (decision === 'call') return adding;
      // The job that probes whether Redis accepts jobs again does not wait for the response.
      adding.catch(() => undefined);
      return { kind: 'unknown' };
    },
    idle: () => adds.idle(),
  };
}

/** The error for callers whose job Redis does not accept. */
export function queueUnavailable(cause?: unknown): ProblemError {
  return new ProblemError('unavailable', 'The queue does not accept jobs at the moment.', {
    retryAfterSeconds: 1,
    cause,
  });
}

/** Adds each job separately: none waits for another's response. */
function addEach(deps: LaneAdderDeps): Adds {
  const { lanes, callAdd } = deps;
  const adding = new Set<Promise<unknown>>();

  async function addOne(job: SizedJob): Promise<Placed> {
    return toPlaced(deps, job, await callAdd(() => lanes.addOne(job)), null);
  }

  return {
    add({ job }) {
      const added = addOne(job);
      const done = () => adding.delete(added);
      adding.add(added);
      added.then(done, done);
      return added;
    },
    async idle() {
      await Promise.allSettled(adding);
    },
  };
}

/** Adds a few jobs at a time, which share one read of their lanes; a response waits for those few only. */
function addTogether(deps: LaneAdderDeps, places: Pick<LaneReader, 'readAll'>): Adds {
  const { lanes, gate, callAdd } = deps;

  /** Never rejects. */
  async function readBehind(jobs: readonly SizedJob[]): Promise<readonly (SeenLane | null)[]> {
    await afterTurn();
    return places.readAll(jobs.map(({ lane, job }) => ({ lane, id: job.id })));
  }

  /** The read follows the adds on the same connection: it sees their effect, and costs no second round trip. */
  async function addAndRead(jobs: readonly SizedJob[]): Promise<Placed[]> {
    const adding = callAdd(() => lanes.add(jobs));
    const asking = jobs.filter(({ asksPlace }) => asksPlace === true);
    const reading = asking.length === 0 ? [] : readBehind(asking);
    const added = await adding;
    const seen = (await reading).values();
    return jobs.map((job, index) => {
      const place = job.asksPlace === true ? (seen.next().value ?? null) : null;
      return toPlaced(deps, job, added[index], place);
    });
  }

  return createBatcher<Adding, Placed>({
    maxItems: 8,
    maxWaitMs: 0,
    maxFlushes: 64,
    async flush(jobs) {
      // Jobs that gathered behind a failed add fail without trying.
      if (!gate.isOpen() && !jobs.some(({ isTry }) => isTry)) throw queueUnavailable();
      return addAndRead(jobs.map(({ job }) => job));
    },
  });
}

function toPlaced(
  { touched, feed }: Pick<LaneAdderDeps, 'touched' | 'feed'>,
  { lane, job }: SizedJob,
  added: Added | undefined,
  seen: SeenLane | null,
): Placed {
  if (added?.kind === 'deduplicated') return added;
  touched.touch(laneName(lane));
  const state = job.delayMs > 0 ? 'delayed' : 'queued';
  feed.publish({ kind: 'state', jobId: job.id, ...lane, state, attempt: 0 });
  return { kind: 'added', seen };
}

/**
 * Resolves when all work started in the current turn of the event loop has advanced as far as it can without I/O, but
 * before anything is written: what is sent then is sent last.
 */
export function afterTurn(): Promise<void> {
  // All microtasks run before the next tick, including those that they create.
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
