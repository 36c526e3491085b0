import { hostname } from 'node:os';
import { createFeedWriter } from '@sluice/shared/feed/feedWriter';
import type { OpsServer } from '@sluice/shared/http/opsServer';
import { createOpsServer, createReadiness } from '@sluice/shared/http/opsServer';
import { newId } from '@sluice/shared/ids/ids';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createQuotas } from '@sluice/shared/limits/quotas';
import { createPostgres } from '@sluice/shared/postgres/connect';
import { readTenantQuotas } from '@sluice/shared/postgres/queries/tenantQuotas';
import { createLaneQueues } from '@sluice/shared/queue/laneQueues';
import { createRedis } from '@sluice/shared/redis/connect';
import { fleetKeys } from '@sluice/shared/redis/keys';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { createClaimer } from './claim/claimJob.js';
import { createJobIntake } from './claim/jobIntake.js';
import type { WorkerConfig } from './config.js';
import { createEffects } from './execute/effects.js';
import { createRunningJobs } from './execute/runningJobs.js';
import { createServiceTimes } from './execute/serviceTimes.js';
import { createUpstreamGate } from './execute/upstreamGate.js';
import { createJobConsumer } from './jobConsumer.js';
import { createWebClient } from './network/webClient.js';
import { runJob } from './runJob.js';
import { createLedgerTurns } from './settle/ledgerTurns.js';
import { createLedgerWriter } from './settle/ledgerWriter.js';
import { createGa4Client } from './tasks/ga4/ga4Client.js';
import { buildTaskHandlers } from './tasks/index.js';

/** What the process reads from the machine, so that nothing below does. */
export interface Machine {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

/** How long a statement of an effect may take, and how long its transaction may rest: it holds the job's row, in ms. */
const EFFECT_LIMITS = { statementTimeoutMs: 10_000, idleInTransactionMs: 10_000 };

/** Builds a worker process: its parts in the order in which they start. */
export function createWorker(
  config: WorkerConfig,
  machine: Machine,
  log: Log,
): { readonly services: readonly Service[]; readonly ops: OpsServer; readonly workerId: string } {
  const workerId = config.worker.id ?? `${hostname()}-${newId().slice(-8)}`;
  const keys = fleetKeys(config.redis.prefix);
  const metrics = createMetrics('worker');
  const redis = createRedis(config.redis, 'consumer', log);
  const postgres = createPostgres(config.postgres, log);
  const effects = createPostgres({ ...config.postgres, ...EFFECT_LIMITS, poolSize: config.worker.effectsPool }, log);
  const queues = createLaneQueues(redis.client, keys);
  const running = createRunningJobs();
  const { allowPrivateAddresses } = config.network;
  const web = createWebClient({ allowPrivateAddresses });
  const ga4 = createGa4Client({ settings: config.ga4, allowPrivateAddresses, now: machine.now });
  const serviceTimes = createServiceTimes(redis, keys, log);
  const feed = createFeedWriter(redis.client, keys, log);
  const turns = createLedgerTurns(postgres.db, log);
  const quotas = createQuotas({
    client: redis.client,
    keys,
    read: (tenantId) => readTenantQuotas(postgres.db, tenantId),
    now: machine.now,
  });
  const parts = {
    upstreams: createUpstreamGate({ quotas, lanes: queues, random: machine.random, log }),
    claimer: createClaimer(turns, postgres.db, workerId),
    ledger: createLedgerWriter(turns, postgres.db, log),
    effects: createEffects({ db: effects.db, log }),
    handlers: buildTaskHandlers({ db: postgres.db, web, ga4, exportsDir: config.worker.exportsDir, now: machine.now }),
    monotonicMs: machine.monotonicMs,
    random: machine.random,
    queues,
    running,
    serviceTimes,
    feed,
    metrics,
    log,
  };
  const intake = createJobIntake({
    client: redis.client,
    keys,
    workerId,
    concurrency: config.worker.concurrency,
    slotConcurrency: config.slot.concurrency,
    slotLeaseMs: config.worker.slotLeaseMs,
    heartbeatLastsMs: config.worker.heartbeatLastsMs,
    lockMs: config.worker.lockMs,
    sweepMs: config.worker.stalledCheckMs,
    listeners: { [keys.cancelChannel]: (jobId) => running.cancel(jobId) },
    run: (job) => runJob(job, parts),
    onBeat: ({ lanes, slots }) => {
      metrics.lanesOpen.set(lanes);
      metrics.slotsHeld.set(slots);
      metrics.jobsRunning.set(running.count());
    },
    now: machine.now,
    monotonicMs: machine.monotonicMs,
    log,
  });
  const ops = createOpsServer(
    config.ops,
    metrics.registry,
    createReadiness({ redis: () => redis.ping(), postgres: () => postgres.ping() }),
  );
  // Stopped from the right: placement says goodbye, then the consumer drains, then what it needed goes.
  const consumer = createJobConsumer(intake, running, log);
  const services = [
    redis,
    postgres,
    { ...effects, name: 'effects' },
    closing('queues', () => queues.close()),
    ops,
    web,
    ga4,
    serviceTimes,
    feed,
    ...intake.services.slice(0, -1),
    consumer,
    ...intake.services.slice(-1),
  ];
  return { services, ops, workerId };
}

/** A part that has nothing to start. */
function closing(name: string, close: () => Promise<void>): Service {
  return { name, start: async () => undefined, stop: close };
}
