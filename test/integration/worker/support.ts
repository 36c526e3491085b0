import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import type { JobHistory } from '@sluice/fleet/postgres/queries/readJob';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { readPutBacks } from '@sluice/fleet/postgres/queries/readPutBacks';
import { readTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createQuotas } from '@sluice/limits';
import type { CircuitOverrides } from '@sluice/shared/contracts/circuit';
import type { Lane } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import type { TaskHandler } from '@sluice/tasks';
import type { RunningJobs } from '../../../apps/worker/src/attempt/runningJobs.js';
import { createRunningJobs } from '../../../apps/worker/src/attempt/runningJobs.js';
import { createClaimer } from '../../../apps/worker/src/claim/claimJob.js';
import { createEffects } from '../../../apps/worker/src/execute/effects.js';
import { createPutBacks } from '../../../apps/worker/src/execute/putBacks.js';
import { createLedgerBatches } from '../../../apps/worker/src/ledger/ledgerBatches.js';
import { createLedgerWriter } from '../../../apps/worker/src/ledger/ledgerWriter.js';
import type { TenantMeasures } from '../../../apps/worker/src/measure/tenantMeasures.js';
import type { RunJobDeps } from '../../../apps/worker/src/runJob.js';
import { runJob } from '../../../apps/worker/src/runJob.js';
import type { TaskHandlers } from '../../../apps/worker/src/tasks/index.js';
import { createUpstreamGate } from '../../../apps/worker/src/upstream/upstreamGate.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { FLEET_TASKS } from '../../support/fleetTasks.js';
import type { RunningLanes } from '../../support/runLanes.js';
import { runLanes } from '../../support/runLanes.js';
import { until } from '../../support/until.js';

/** One lane that runs in the test's own process, with a handler of the test's own in place of `system.probe`'s. */
export interface TestLane {
  readonly lane: Lane;
  readonly queues: LaneQueues;
  readonly running: RunningJobs;
  readonly worker: Promise<RunningLanes>;
  /** Writes a job to the ledger and adds it to the lane, where BullMQ may count other attempts; returns its id. */
  submit(change?: Partial<NewJob>, queueAttempts?: number): Promise<string>;
  /** The job's history once it is in this state. */
  reaches(id: string, state: string): Promise<JobHistory>;
  close(): Promise<void>;
}

/** What a test may put in place of the real parts. */
export interface TestLaneOptions {
  readonly tenantId: string;
  readonly handler: TaskHandler<never>;
  readonly concurrency?: number;
  /** The ledger as the worker sees it, such as through a proxy. */
  readonly db?: Database;
  /** In place of `system.probe`, which calls nobody. */
  readonly task?: { readonly name: string; readonly queueClass: Lane['queueClass'] };
  /** How long jobs are put back that cannot run here, in ms; 0 by default. */
  readonly patienceMs?: number;
  /** Figures of circuits that are shorter than the tasks'. */
  readonly circuit?: CircuitOverrides;
  /** Told of waits and ends. */
  readonly measures?: Partial<TenantMeasures>;
  /** Told how long jobs kept their places, in ms. */
  readonly noteServiceMs?: (ms: number) => void;
  /** A clock of the test's own, in ms. */
  readonly monotonicMs?: () => number;
  /** The dead-letter queue as the worker sees it. */
  readonly addDeadLetter?: LaneQueues['addDeadLetter'];
}

/** Opens a lane with short locks. */
export function openTestLane(space: FleetSpace, options: TestLaneOptions): TestLane {
  const lane: Lane = { tenantId: options.tenantId, queueClass: options.task?.queueClass ?? 'default' };
  const log = createLogger('test', { level: 'silent' });
  const db = options.db ?? space.postgres.db;
  const queues = createLaneQueues(space.redis.client, space.keys);
  const running = createRunningJobs();
  const turns = createLedgerBatches(db, log);
  const quotas = createQuotas({
    client: space.redis.client,
    keys: space.keys,
    read: (tenantId) => readTenantQuotas(db, tenantId),
    now: Date.now,
    ...(options.circuit === undefined ? {} : { circuit: options.circuit }),
  });
  const metrics = createMetrics('test');
  const deps: RunJobDeps = {
    upstreams: createUpstreamGate({ tasks: FLEET_TASKS, quotas, lanes: queues, random: Math.random, metrics, log }),
    claimer: createClaimer({ turns, db, tasks: FLEET_TASKS, workerId: 'w1' }),
    ledger: createLedgerWriter(turns, db, log),
    effects: createEffects({ db, log }),
    queues: { addDeadLetter: options.addDeadLetter ?? queues.addDeadLetter, removeDeadLetter: queues.removeDeadLetter },
    tasks: FLEET_TASKS,
    handlers: new Map([[options.task?.name ?? 'system.probe', options.handler]]) as TaskHandlers,
    onlyHere: new Set(),
    putBacks: createPutBacks({
      read: (jobId) => readPutBacks(db, jobId),
      patienceMs: options.patienceMs ?? 0,
      metrics,
      monotonicMs: () => performance.now(),
      random: () => 0,
      log,
    }),
    isolation: { run: () => Promise.reject(new Error('no job runs by itself here')) },
    running,
    cameEarly: () => undefined,
    serviceTimes: { note: (_, ms) => options.noteServiceMs?.(ms) },
    feed: { publish: () => undefined },
    metrics,
    measures: { waited: () => undefined, ran: () => undefined, ended: () => undefined, ...options.measures },
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
    random: () => 0,
    log,
  };
  const worker = runLanes([lane], {
    client: space.redis.client,
    keys: space.keys,
    concurrency: options.concurrency ?? 1,
    lockMs: 1_000,
    sweepMs: 300,
    run: (job) => runJob(job, deps),
  });
  return {
    lane,
    queues,
    running,
    worker,
    async submit(change = {}, queueAttempts) {
      const row = newRow(lane, { task: options.task?.name ?? 'system.probe', ...change });
      await insertJobs(space.postgres.db, [row]);
      const { id, task, data, delayMs } = row;
      const maxAttempts = queueAttempts ?? row.maxAttempts;
      await queues.add([{ lane, job: { id, task, data, queuePriority: 10, maxAttempts, delayMs } }]);
      return id;
    },
    reaches: (id, state) =>
      until(`job ${id} is ${state}`, async () => {
        const history = await readJob(space.postgres.db, lane.tenantId, id);
        return history?.job.state === state ? history : null;
      }),
    async close() {
      running.stopAll();
      await (await worker).close();
      await queues.close();
    },
  };
}

function newRow(lane: Lane, change: Partial<NewJob>): NewJob {
  return {
    id: newId(),
    tenantId: lane.tenantId,
    userId: null,
    role: 'member',
    task: 'system.probe',
    queueClass: lane.queueClass,
    queueJobId: null,
    state: 'queued',
    priority: 50,
    data: {},
    maxAttempts: 1,
    timeoutMs: 10_000,
    delayMs: 0,
    dedupeKey: null,
    durability: 'ledger',
    traceparent: null,
    ...change,
  };
}
