import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { createLedger } from '@sluice/fleet/postgres/ledger';
import { migrateLedger } from '@sluice/fleet/postgres/migrate';
import { readTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { watchClock } from '@sluice/fleet/redis/watchClock';
import { createLaneReader } from '@sluice/fleet/wait/laneReader';
import { createLiveWorkers } from '@sluice/fleet/wait/liveWorkers';
import { createEstimateReader } from '@sluice/fleet/wait/waitEstimates';
import { createQuotas } from '@sluice/limits';
import type { Clock } from '@sluice/shared/lifecycle/clock';
import { createServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { createTracing } from '@sluice/tracing/tracing';
import { createAccept } from './accept/accept.js';
import type { TaskChecks } from './accept/ga4Properties.js';
import { createTaskChecks } from './accept/ga4Properties.js';
import type { ProducerConfig } from './config.js';
import { createErrorAnswer } from './http/errorHandling.js';
import { createTenantLookup } from './receive/tenantLookup.js';
import { addRoutes } from './routes.js';
import { closeServer, createServer } from './server.js';
import { createRedisCall } from './stores/redisCall.js';
import { createRedisGate } from './stores/redisGate.js';
import { createStreams } from './streams/streams.js';

/** Matches how long a request waits for the ledger: after that nobody needs the statement's result. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** The fleet's HTTP process. */
export interface ProducerProcess {
  /** Start in this order, stop in reverse. */
  readonly services: readonly Service[];
  /** The URL it listens on, such as `http://127.0.0.1:3000`; empty until it listens. */
  url(): string;
}

/** Wires the producer; opens nothing before its services start. */
export function wireProducer(config: ProducerConfig, tasks: TaskCatalogue, log: Log, clock: Clock): ProducerProcess {
  const now = (): number => clock.now();
  const metrics = createMetrics('producer');
  const postgres = createPostgres({ ...config.postgres, statementTimeoutMs: STATEMENT_TIMEOUT_MS }, log);
  const redis = createRedis(config.redis, 'caller', log);
  const keys = fleetKeys(config.redis.prefix);
  const serverClock = createServerClock({
    boundMs: config.clock.maxSkewMs,
    consequence: "delays count by Redis's clock, times that are shown by this one",
    onSkew: (seconds) => metrics.clockSkewSeconds.set(seconds),
    log,
  });
  const lanes = createLaneQueues(redis.client, keys, { serverNow: serverClock.now });
  const ledger = createLedger(postgres.db);
  const { client } = redis;
  const gate = createRedisGate({ client, memoryGuardPercent: config.memory.guardPercent, metrics, log });
  const call = createRedisCall(gate);
  const quotas = createQuotas({
    client,
    keys,
    read: (tenantId) => ledger((db) => readTenantQuotas(db, tenantId)),
    now,
    circuit: config.circuit,
  });
  const laneReader = createLaneReader({
    client,
    keys,
    lanes,
    call,
    quotas,
    tasks,
    hasWorkers: createLiveWorkers(client, keys, now),
  });
  const estimates = createEstimateReader(laneReader, config.slot.concurrency);
  const { mostUnqueued } = config.accept;
  const feed = createFeedWriter(client, keys, log);
  const common = { tasks, client, keys, ledger, lanes, call, estimates, metrics, log, now };
  const checks = taskChecksOf(ledger, config, now);
  const accept = createAccept({ ...common, gate, mostUnqueued, checks, laneReader, feed });
  const { maxStreams } = config.http;
  const streams = createStreams({ ...common, maxStreams });
  const answerError = createErrorAnswer(metrics, log);
  const server = createServer(config.http, answerError);
  let url = '';
  const http: Service = {
    name: 'http',
    async start() {
      await addRoutes(server, {
        ...common,
        config,
        quotas,
        accept,
        checks,
        feed,
        streams: streams.routes,
        answerError,
      });
      url = await server.listen({ host: config.http.host, port: config.http.port });
    },
    stop: (deadline) => closeServer(server, deadline),
  };
  return {
    services: [
      createTracing('producer', config.tracing, log),
      migration(config),
      postgres,
      redis,
      gate,
      watchClock(redis.client, serverClock, log),
      closing(lanes),
      feed,
      accept.acceptor,
      ...streams.services,
      http,
    ],
    url: () => url,
  };
}

/**
 * A changed list of granted properties applies within a second; while the ledger is down, the last known one applies.
 */
function taskChecksOf(ledger: Ledger, config: ProducerConfig, now: () => number): TaskChecks {
  const findTenant = createTenantLookup(ledger, config.accept.credentialsStaleMs, now);
  const granted = async (tenantId: string) => (await findTenant(tenantId))?.ga4Properties ?? null;
  return createTaskChecks(granted, config.ga4.anyProperty);
}

/** Cheap when the ledger is up to date; processes that start together wait for the one that migrates. */
function migration(config: ProducerConfig): Service {
  return {
    name: 'migration',
    start: () => migrateLedger(config.postgres),
    async stop() {
      return undefined;
    },
  };
}

function closing(lanes: LaneQueues): Service {
  return {
    name: 'lanes',
    async start() {
      return undefined;
    },
    stop: () => lanes.close(),
  };
}
