import { createFeedWriter } from '@sluice/shared/feed/feedWriter';
import type { Clock } from '@sluice/shared/lifecycle/clock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createQuotas } from '@sluice/shared/limits/quotas';
import { createOutlookReader } from '@sluice/shared/outlook/outlook';
import { createPostgres } from '@sluice/shared/postgres/connect';
import { migrateLedger } from '@sluice/shared/postgres/migrate';
import { readTenantQuotas } from '@sluice/shared/postgres/queries/tenantQuotas';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import { createLaneQueues } from '@sluice/shared/queue/laneQueues';
import { createRedis } from '@sluice/shared/redis/connect';
import { fleetKeys } from '@sluice/shared/redis/keys';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { createAccept } from './accept/accept.js';
import type { ProducerConfig } from './config.js';
import { createErrorAnswer } from './http/errorHandling.js';
import { addRoutes } from './routes.js';
import { closeServer, createServer } from './server.js';
import { createLedger } from './stores/ledger.js';
import { createRedisCall } from './stores/redisCall.js';
import { createStreams } from './streams/streams.js';

/** A request gives up on the ledger after as long, so the statement need not go on for nobody. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** The HTTP process of the fleet. */
export interface Producer {
  /** To be started in this order and stopped in reverse. */
  readonly services: readonly Service[];
  /** Where it listens, such as `http://127.0.0.1:3000`; empty before it does. */
  url(): string;
}

/** Wires the producer; nothing is opened before its services start. */
export function createProducer(config: ProducerConfig, log: Log, clock: Clock): Producer {
  const now = (): number => clock.now();
  const metrics = createMetrics('producer');
  const postgres = createPostgres({ ...config.postgres, statementTimeoutMs: STATEMENT_TIMEOUT_MS }, log);
  const redis = createRedis(config.redis, 'caller', log);
  const keys = fleetKeys(config.redis.prefix);
  const lanes = createLaneQueues(redis.client, keys);
  const ledger = createLedger(postgres.db);
  const call = createRedisCall(redis.client);
  const quotas = createQuotas({
    client: redis.client,
    keys,
    read: (tenantId) => ledger((db) => readTenantQuotas(db, tenantId)),
    now: () => clock.now(),
  });
  const outlooks = createOutlookReader({
    client: redis.client,
    keys,
    lanes,
    call,
    quotas,
    slotConcurrency: config.slot.concurrency,
  });
  const accept = createAccept({ client: redis.client, keys, ledger, lanes, call, outlooks, metrics, log, now });
  const feed = createFeedWriter(redis.client, keys, log);
  const streams = createStreams({ client: redis.client, keys, ledger, lanes, call, outlooks, metrics, log, now });
  const answerError = createErrorAnswer(metrics, log);
  const server = createServer(config.http, answerError);
  let url = '';
  const http: Service = {
    name: 'http',
    async start() {
      await addRoutes(server, {
        config,
        client: redis.client,
        keys,
        lanes,
        ledger,
        call,
        outlooks,
        accept,
        feed,
        streams: streams.routes,
        answerError,
        metrics,
        log,
        now,
      });
      url = await server.listen({ host: config.http.host, port: config.http.port });
    },
    stop: (deadline) => closeServer(server, deadline),
  };
  return {
    services: [migration(config), postgres, redis, closing(lanes), ...accept.services, feed, ...streams.services, http],
    url: () => url,
  };
}

/** Cheap when the ledger is up to date; processes that start together wait for the one that works. */
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
