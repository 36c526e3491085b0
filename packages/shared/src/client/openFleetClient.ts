import type { Tracer } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import type { NoteUse } from '../accept/noteUse.js';
import { createNoteUse } from '../accept/noteUse.js';
import type { CircuitOverrides } from '../contracts/circuit.js';
import type { PriorityRules } from '../contracts/priorityRules.js';
import { createFeedReader } from '../feed/feedReader.js';
import type { FeedWriter } from '../feed/feedWriter.js';
import { createFeedWriter } from '../feed/feedWriter.js';
import { systemClock } from '../lifecycle/clock.js';
import type { Log } from '../lifecycle/service.js';
import { createServiceGroup } from '../lifecycle/serviceGroup.js';
import { createShortCache } from '../lifecycle/shortCache.js';
import type { Quotas } from '../limits/quotas.js';
import { createQuotas } from '../limits/quotas.js';
import { createLiveWorkers } from '../outlook/liveWorkers.js';
import type { OutlookReader } from '../outlook/outlook.js';
import { createOutlookReader } from '../outlook/outlook.js';
import { createOutlookBatches } from '../outlook/outlookBatches.js';
import type { PlaceWatch } from '../outlook/placeWatch.js';
import { createPlaceWatch } from '../outlook/placeWatch.js';
import { createPresentJobs } from '../outlook/presentJobs.js';
import type { Database } from '../postgres/connect.js';
import { createPostgres } from '../postgres/connect.js';
import { findPresent } from '../postgres/queries/findPresent.js';
import { readTenantQuotas } from '../postgres/queries/tenantQuotas.js';
import { findTenant } from '../postgres/queries/tenants.js';
import type { LaneQueues } from '../queue/laneQueues.js';
import { createLaneQueues } from '../queue/laneQueues.js';
import type { RedisClient } from '../redis/client.js';
import { createRedis } from '../redis/connect.js';
import type { FleetKeys } from '../redis/keys.js';
import { fleetKeys } from '../redis/keys.js';
import type { RedisConfig } from '../redis/openClient.js';
import { createLogger } from '../telemetry/logger.js';
import type { JobAdder } from './jobAdder.js';
import { createJobAdder } from './jobAdder.js';
import type { JobEnds } from './jobEnds.js';
import { createJobEnds } from './jobEnds.js';
import type { Pacing } from './pacing.js';
import { createPacing } from './pacing.js';

/** Where the fleet is, as its own processes are told. */
export interface FleetClientSettings {
  readonly redis: RedisConfig;
  /** `SLUICE_PREFIX`; `sluice` when left out. */
  readonly prefix?: string;
  readonly databaseUrl: string;
  /** `DATABASE_SCHEMA`; `sluice` when left out. */
  readonly schema?: string;
  /** Connections to PostgreSQL; 5 when left out. */
  readonly poolSize?: number;
  /** `SLOT_CONCURRENCY` of the workers, for estimates; 1 when left out. */
  readonly slotConcurrency?: number;
  /** `CIRCUIT_*` of the workers; the tasks' own circuits hold when left out. */
  readonly circuit?: CircuitOverrides;
  /** Silent when left out. */
  readonly log?: Log;
}

/** A service's own connection to the fleet, for any number of queued clients. */
export interface FleetClient {
  readonly db: Database;
  readonly redis: RedisClient;
  readonly keys: FleetKeys;
  readonly lanes: LaneQueues;
  readonly quotas: Quotas;
  readonly outlooks: OutlookReader;
  readonly places: PlaceWatch;
  readonly ends: JobEnds;
  readonly adder: JobAdder;
  /** A tenant's own rules of priority; null is none. */
  readonly priorityRulesOf: (tenantId: string) => Promise<PriorityRules | null>;
  readonly noteUse: NoteUse;
  readonly feed: FeedWriter;
  readonly pacing: Pacing;
  /** Of the service's own OpenTelemetry, whenever it is registered; traces nothing where there is none. */
  readonly tracer: Tracer;
  /** Unix ms. */
  readonly now: () => number;
  readonly log: Log;
  /** Closes the connections; jobs go on. */
  close(): Promise<void>;
}

/** A tenant's changed rules of priority hold within so long, in ms. */
const RULES_MS = 1_000;

/** Longest that closing takes, in ms. */
const CLOSE_MS = 5_000;

/**
 * Connects a service of your own to the fleet, beside its producers.
 * @throws ConfigurationError when Redis or PostgreSQL cannot be reached or used
 */
export async function openFleetClient(settings: FleetClientSettings): Promise<FleetClient> {
  const log = settings.log ?? createLogger('client', { level: 'silent' });
  const { schema = 'sluice', poolSize = 5, slotConcurrency = 1, circuit = {} } = settings;
  const now = (): number => systemClock.now();
  const postgres = createPostgres({ url: settings.databaseUrl, schema, poolSize }, log);
  const redis = createRedis(settings.redis, 'caller', log);
  const { db } = postgres;
  const { client } = redis;
  const keys = fleetKeys(settings.prefix ?? 'sluice');
  const lanes = createLaneQueues(client, keys);
  const quotas = createQuotas({ client, keys, read: (tenantId) => readTenantQuotas(db, tenantId), now, circuit });
  // The connection itself gives up on a Redis that is away or slow.
  const call = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => ask();
  const hasWorkers = createLiveWorkers(client, keys, now);
  const batches = createOutlookBatches({ client, keys, lanes, call, quotas, hasWorkers });
  const outlooks = createOutlookReader(batches, slotConcurrency);
  const places = createPlaceWatch({ lanes, facts: (lane) => outlooks.facts(lane), call, log });
  const present = createPresentJobs((ids) => findPresent(db, ids), log);
  const reader = createFeedReader({ client, keys, log, now, overhear: places.overhear });
  const feed = createFeedWriter(client, keys, log);
  const adder = createJobAdder({ db, client, keys, lanes, feed, log });
  const nothing = async (): Promise<void> => undefined;
  const services = createServiceGroup(
    'client',
    [
      postgres,
      redis,
      { name: 'lanes', start: nothing, stop: () => lanes.close() },
      feed,
      { name: 'adder', start: nothing, stop: () => adder.close() },
      { ...reader, name: 'feed reader' },
      places,
      present,
    ],
    log,
  );
  await services.start();
  return {
    db,
    redis: client,
    keys,
    lanes,
    quotas,
    outlooks,
    places,
    ends: createJobEnds({ feed: reader, present }),
    adder,
    priorityRulesOf: createShortCache(
      async (tenantId: string) => (await findTenant(db, tenantId))?.priorityRules ?? null,
      RULES_MS,
      now,
    ),
    noteUse: createNoteUse({ client, keys, call }),
    feed,
    pacing: createPacing(now),
    tracer: trace.getTracer('sluice'),
    now,
    log,
    close: () => services.stop(AbortSignal.timeout(CLOSE_MS)),
  };
}
