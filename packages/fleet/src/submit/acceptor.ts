import type { Tracer } from '@opentelemetry/api';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { errorType } from '@sluice/shared/telemetry/spans';
import type { FeedWriter } from '../feed/feedWriter.js';
import type { Ledger } from '../postgres/ledger.js';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import type { LaneQueues } from '../queue/add/laneQueues.js';
import type { Ask } from '../redis/ask.js';
import type { LaneReader } from '../wait/laneReader.js';
import type { Acceptance, UnqueuedLimit } from './acceptancePaths.js';
import { createAcceptancePaths, stateInLane } from './acceptancePaths.js';
import type { BatchTicket } from './batchOrder.js';
import { createGroupCommit } from './groupCommit.js';
import type { AddGate, SizedJob } from './laneAdder.js';
import { createLaneAdder } from './laneAdder.js';
import type { LateRow } from './lateRows.js';
import { createLateRows } from './lateRows.js';
import type { MemoryLimit } from './memoryBudget.js';
import type { PreparedJob } from './prepareJob.js';
import { createQueuedMarks } from './queuedMarks.js';
import { startSend } from './sendSpan.js';
import { createTouchNotice } from './touchNotice.js';

/** Accepts jobs: an accepted job is not lost. Start it before the first job, stop it after the last. */
export interface Acceptor extends Service {
  /**
   * Accepts a job. With `durability: ledger`, the commit is the acceptance and the add follows; with `redis`, the add
   * is the acceptance and the row follows.
   * @param ticket its position in its batch; released in any case
   * @throws FleetError `duplicate_job`, a ProblemError naming the other job in `jobId`; `unavailable` when it could not
   *   be made durable: it may still have been accepted, so retry with the same id
   */
  accept(job: PreparedJob, ticket?: BatchTicket): Promise<Acceptance>;
  /**
   * Adds a redriven job to its lane. Does not mark it as queued: if its earlier death, still being settled, removes it
   * from its lane again, the scaler finds it.
   * @returns `accepted` when the scaler will add it
   */
  addAgain(job: SizedJob): Promise<JobState>;
  /** The row of a job that was accepted here with `durability: redis`, until the ledger has it; else null. */
  late(jobId: string): LateRow | null;
}

/** Dependencies of the acceptor. */
export interface AcceptorDeps {
  readonly ledger: Ledger;
  readonly lanes: Pick<LaneQueues, 'add' | 'addOne'>;
  /** Makes adds: sets their time limit and converts failures; rejects with `unavailable`. */
  readonly callAdd: Ask;
  /** Publishes the names of lanes that received jobs; failures are ignored. */
  readonly publishTouched: (laneNames: readonly string[]) => Promise<unknown>;
  readonly feed: Pick<FeedWriter, 'publish'>;
  readonly log: Log;
}

/** A task's hooks into the acceptance of its jobs. */
export interface TaskHooks {
  /** Rejects to refuse a job before anything is written. */
  readonly admit?: ((row: NewJob) => Promise<void>) | undefined;
  /** Called once for each accepted job, but not for a duplicate request. */
  readonly onAccepted?: ((row: NewJob) => void) | undefined;
}

/** Options of the acceptor. */
export interface AcceptorOptions {
  /** Knows whether Redis accepts jobs; without it, each add tries. */
  readonly gate?: AddGate;
  /** Limits the number of jobs accepted while the gate is closed. */
  readonly unqueued?: UnqueuedLimit;
  /** Reads the position of jobs that ask for it (`asksPlace`), after their add. */
  readonly places?: Pick<LaneReader, 'readAll'>;
  /** Called once per task. */
  readonly hooksOf?: (task: string) => TaskHooks;
  /** Called for a job that was accepted but could not be added; the scaler adds it. */
  readonly onUnqueued?: (jobId: string, cause: unknown) => void;
  /** Tracer of a service outside the fleet; the process's own by default. */
  readonly tracer?: Tracer;
  /** Memory limit of each step; `ACCEPTOR_LIMITS` by default. */
  readonly limits?: Partial<AcceptorLimits>;
}

/** Maximum number of jobs in memory, by step; more are refused with `unavailable`. */
export interface AcceptorLimits {
  readonly commits: MemoryLimit;
  readonly adds: MemoryLimit;
  readonly lateRows: MemoryLimit;
}

const MIB = 1_024 * 1_024;

/** Enough for the busiest process, yet bounded in case a store is slow. */
const ACCEPTOR_LIMITS: AcceptorLimits = {
  commits: { items: 20_000, bytes: 64 * MIB },
  adds: { items: 20_000, bytes: 64 * MIB },
  lateRows: { items: 50_000, bytes: 64 * MIB },
};

/** Interval at which touched lanes are published, in ms. */
const TOUCH_EVERY_MS = 500;

const NO_GATE: AddGate = { isOpen: () => true, decideAdd: () => 'call' };

/** Creates the acceptor of a process: combines group commit, adds, late rows and queued marks. */
export function createAcceptor(deps: AcceptorDeps, options: AcceptorOptions = {}): Acceptor {
  const { ledger, lanes, callAdd, feed, log } = deps;
  const { gate = NO_GATE, places = null, tracer } = options;
  const limits = { ...ACCEPTOR_LIMITS, ...options.limits };
  const touched = createTouchNotice(deps.publishTouched, TOUCH_EVERY_MS);
  const commits = createGroupCommit(ledger, limits.commits, log);
  const late = createLateRows(ledger, limits.lateRows, log);
  const marks = createQueuedMarks(ledger, log);
  const adder = createLaneAdder({ lanes, gate, callAdd, places, touched, feed, limit: limits.adds });
  const { unqueued, onUnqueued } = options;
  const pathOf = createAcceptancePaths({ commits, late, adder, marks, unqueued, onUnqueued });
  const hooksFor = rememberHooks(options);

  return {
    name: 'acceptor',
    async accept(job, ticket) {
      const { admit, onAccepted } = hooksFor(job.row.task);
      let span: OpenSpan | null = null;
      try {
        if (admit !== undefined) await admit(job.row);
        const { prepared, sent } = startSend(job, tracer);
        span = sent;
        const acceptance = await pathOf(prepared)(prepared, ticket);
        if (acceptance.kind === 'new') onAccepted?.(job.row);
        return acceptance;
      } catch (error) {
        span?.fail(errorType(error));
        throw error;
      } finally {
        ticket?.release();
        span?.end();
      }
    },
    async addAgain(job) {
      const { kind } = await adder.addCommitted(job, () => undefined);
      return kind === 'added' ? stateInLane(job) : 'accepted';
    },
    late: (jobId) => late.find(jobId),
    async start() {
      return undefined;
    },
    async stop(deadline) {
      late.stopRetryingAt(deadline);
      await commits.idle();
      await adder.idle();
      await marks.flush();
      await late.idle();
      await touched.stop(deadline);
    },
  };
}

const NO_HOOKS: TaskHooks = {};

/** Bounded by the number of defined tasks: jobs of others are never prepared. */
function rememberHooks({ hooksOf }: AcceptorOptions): (task: string) => TaskHooks {
  if (hooksOf === undefined) return () => NO_HOOKS;
  const known = new Map<string, TaskHooks>();
  return (task) => {
    let hooks = known.get(task);
    if (hooks === undefined) {
      hooks = hooksOf(task);
      known.set(task, hooks);
    }
    return hooks;
  };
}
