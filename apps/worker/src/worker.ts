import { hostname } from 'node:os';
import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { PostgresService } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { readTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readShownTenants } from '@sluice/fleet/redis/commands/shownTenants';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createGa4Client } from '@sluice/ga4/server';
import { createQuotas } from '@sluice/limits';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { OpsServer } from '@sluice/shared/http/opsServer';
import { createOpsServer } from '@sluice/shared/http/opsServer';
import { createReadiness } from '@sluice/shared/http/readiness';
import { newId } from '@sluice/shared/ids/ids';
import type { ServerClock } from '@sluice/shared/lifecycle/serverClock';
import { createServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { createTracing } from '@sluice/tracing/tracing';
import type { RunningJobs } from './attempt/runningJobs.js';
import { createRunningJobs } from './attempt/runningJobs.js';
import { createClaimer } from './claim/claimJob.js';
import { createJobIntake } from './claim/jobIntake.js';
import type { WorkerConfig } from './config.js';
import { createEffects } from './execute/effects.js';
import { createServiceTimes } from './execute/serviceTimes.js';
import { createJobConsumer } from './jobConsumer.js';
import { createLedgerBatches } from './ledger/ledgerBatches.js';
import { createLedgerWriter } from './ledger/ledgerWriter.js';
import { createTenantMeasures } from './measure/tenantMeasures.js';
import { createWebClient } from './network/webClient.js';
import { runJob } from './runJob.js';
import type { UpstreamGate, UpstreamGateDeps } from './upstream/upstreamGate.js';
import { createUpstreamGate } from './upstream/upstreamGate.js';
import { createJobTable } from './watch/jobTable.js';
import { createWatchdog } from './watch/watchdog.js';
import type { WorkerTasks } from './workerTasks.js';
import { wireTasks } from './workerTasks.js';

/** What the process reads from the machine, so that no other module does. */
export interface Machine {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Dependencies of enforcing upstream limits. */
interface UpstreamsDeps extends Pick<UpstreamGateDeps, 'tasks' | 'lanes' | 'metrics'> {
  readonly redis: Pick<RedisService, 'client'>;
  readonly postgres: Pick<PostgresService, 'db'>;
  readonly keys: FleetKeys;
}

/** Limits of an effect's statement and of its transaction's idle time, which holds the job's row lock, in ms. */
const EFFECT_LIMITS = { statementTimeoutMs: 10_000, idleInTransactionMs: 10_000 };

/**
 * Wires a worker process; opens nothing before its services start.
 * @throws ConfigurationError when a task that only this process has requests a process of its own
 */
export function wireWorker(
  config: WorkerConfig,
  tasks: WorkerTasks,
  machine: Machine,
  log: Log,
): {
  readonly services: readonly Service[];
  readonly ops: OpsServer;
  readonly workerId: string;
  readonly running: RunningJobs;
} {
  // A unique name per process: recovery must not mistake a process for its predecessor, whose jobs no longer run.
  const workerId = `${config.worker.id ?? hostname()}~${newId().slice(-8)}`;
  const keys = fleetKeys(config.redis.prefix);
  const { catalogue } = tasks;
  const metrics = createMetrics('worker');
  const redis = createRedis(config.redis, 'consumer', log);
  const postgres = createPostgres(config.postgres, log);
  const effects = createPostgres({ ...config.postgres, ...EFFECT_LIMITS, poolSize: config.worker.effectsPool }, log);
  const clock = createServerClock({
    boundMs: config.clock.maxSkewMs,
    consequence: 'no jobs are taken',
    onSkew: (seconds) => metrics.clockSkewSeconds.set(seconds),
    log,
  });
  const queues = createLaneQueues(redis.client, keys, { serverNow: clock.now });
  const table = createJobTable(config.worker.concurrency);
  const running = createRunningJobs(table);
  const web = createWebClient(config.network);
  const ga4 = createGa4Client({ settings: config.ga4, ...config.network, now: machine.now });
  const serviceTimes = createServiceTimes(redis, keys, log);
  const measures = createTenantMeasures({
    readNames: () => readShownTenants(redis.client, keys),
    metrics,
    monotonicMs: machine.monotonicMs,
    log,
  });
  const feed = createFeedWriter(redis.client, keys, log);
  const turns = createLedgerBatches(postgres.db, log);
  const { runnable, ...wired } = wireTasks(tasks, config, { ...machine, db: postgres.db, web, ga4, metrics, log });
  const deps = {
    upstreams: upstreamsOf({ tasks: catalogue, redis, postgres, keys, lanes: queues, metrics }, config, machine, log),
    claimer: createClaimer({ turns, db: postgres.db, tasks: catalogue, workerId }),
    ledger: createLedgerWriter(turns, postgres.db, log),
    ...wired,
    effects: createEffects({ db: effects.db, log }),
    monotonicMs: machine.monotonicMs,
    random: machine.random,
    queues,
    running,
    serviceTimes,
    feed,
    metrics,
    cameEarly: () => intake.checkClock(),
    measures,
    log,
  };
  const intake = createJobIntake({
    client: redis.client,
    keys,
    workerId,
    concurrency: config.worker.concurrency,
    tasks: runnable,
    slotConcurrency: config.slot.concurrency,
    slotLeaseMs: config.worker.slotLeaseMs,
    heartbeatLastsMs: config.worker.heartbeatLastsMs,
    lockMs: config.worker.lockMs,
    sweepMs: config.worker.stalledCheckMs,
    listeners: { [keys.cancelChannel]: (jobId) => running.cancel(jobId) },
    run: (job) => runJob(job, deps),
    onBeat: ({ lanes, slots }) => {
      metrics.lanesOpen.set(lanes);
      metrics.slotsHeld.set(slots);
      metrics.jobsRunning.set(running.count());
    },
    clock,
    now: machine.now,
    monotonicMs: machine.monotonicMs,
    log,
  });
  const ops = createOpsServer(
    config.ops,
    metrics.registry,
    createReadiness({
      redis: () => redis.ping(),
      postgres: () => postgres.ping(),
      clock: async () => assertRight(clock),
    }),
  );
  // Stopped in reverse order: placement deregisters, the consumer drains, then its dependencies stop.
  const consumer = createJobConsumer(intake, running, log);
  const watchdog = createWatchdog({ name: 'worker', blockedMs: config.worker.blockedMs, jobs: table.memory });
  const services = [
    watchdog,
    createTracing('worker', config.tracing, log),
    redis,
    postgres,
    { ...effects, name: 'effects' },
    closing('queues', () => queues.close()),
    ops,
    web,
    ga4,
    serviceTimes,
    measures,
    feed,
    ...intake.services.slice(0, -1),
    consumer,
    ...intake.services.slice(-1),
  ];
  return { services, ops, workerId, running };
}

function upstreamsOf(
  { redis, postgres, keys, ...gate }: UpstreamsDeps,
  { circuit }: Pick<WorkerConfig, 'circuit'>,
  { now, random }: Machine,
  log: Log,
): UpstreamGate {
  const read = (tenantId: string) => readTenantQuotas(postgres.db, tenantId);
  const quotas = createQuotas({ client: redis.client, keys, read, now, circuit });
  return createUpstreamGate({ quotas, ...gate, random, log });
}

function assertRight(clock: ServerClock): void {
  if (clock.isOff()) throw new FleetError('unavailable', "this machine's clock is off");
}

/** A service that only needs closing. */
function closing(name: string, close: () => Promise<void>): Service {
  return { name, start: async () => undefined, stop: close };
}
