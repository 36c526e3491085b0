import { trace } from '@opentelemetry/api';
import { createFeedReader } from '@sluice/fleet/feed/feedReader';
import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { JobEnds } from '@sluice/fleet/feed/jobEnds';
import { createJobEnds } from '@sluice/fleet/feed/jobEnds';
import type { Database } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { createLedger } from '@sluice/fleet/postgres/ledger';
import { findPresent } from '@sluice/fleet/postgres/queries/findPresent';
import { readTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { findTenant } from '@sluice/fleet/postgres/queries/tenants';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import { createAcceptor } from '@sluice/fleet/submit/acceptor';
import { queueUnavailable } from '@sluice/fleet/submit/laneAdder';
import type { NoteUse } from '@sluice/fleet/submit/noteUse';
import { createNoteUse } from '@sluice/fleet/submit/noteUse';
import { createLaneReader } from '@sluice/fleet/wait/laneReader';
import { createLiveWorkers } from '@sluice/fleet/wait/liveWorkers';
import type { PlaceWatch } from '@sluice/fleet/wait/placeWatch';
import { createPlaceWatch } from '@sluice/fleet/wait/placeWatch';
import { createPresentJobs } from '@sluice/fleet/wait/presentJobs';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import { createEstimateReader } from '@sluice/fleet/wait/waitEstimates';
import type { Quotas } from '@sluice/limits';
import { createQuotas } from '@sluice/limits';
import type { PriorityRules } from '@sluice/shared/contracts/priorityRules';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { Log } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { FleetClient, FleetClientSettings } from './fleetClient.js';
import type { Pacing } from './pacing.js';
import { createPacing } from './pacing.js';

/** The dependencies of a queued client. Not part of the package's public interface: users see a {@link FleetClient}. */
export interface FleetConnection extends FleetClient {
  readonly db: Database;
  readonly redis: RedisClient;
  readonly keys: FleetKeys;
  readonly lanes: LaneQueues;
  readonly quotas: Quotas;
  readonly estimates: EstimateReader;
  readonly places: PlaceWatch;
  readonly ends: JobEnds;
  /** The fleet's acceptor, as in producers; without a gate, since the connection itself times out after a second. */
  readonly acceptor: Acceptor;
  /** A tenant's own priority rules; null when it has none. */
  readonly priorityRulesOf: (tenantId: string) => Promise<PriorityRules | null>;
  readonly noteUse: NoteUse;
  readonly feed: FeedWriter;
  readonly pacing: Pacing;
  readonly log: Log;
  /** Makes the wait estimates of a queue class include the upstream that its jobs call. */
  setUpstream(queueClass: string, upstream: Upstream): void;
}

/** Changed priority rules apply within this time, in ms. */
const RULES_MS = 1_000;

/** Time limit of closing, in ms. */
const CLOSE_MS = 5_000;

/**
 * Opens the connection behind `openFleetClient`.
 * @throws ConfigurationError when Redis or PostgreSQL is unreachable or unusable
 */
export async function openFleetConnection(settings: FleetClientSettings): Promise<FleetConnection> {
  const log = settings.log ?? createLogger('client', { level: 'silent' });
  const { schema = 'sluice', poolSize = 5, slotConcurrency = 1, circuit = {} } = settings;
  const now = (): number => systemClock.now();
  const postgres = createPostgres({ url: settings.databaseUrl, schema, poolSize }, log);
  const redis = createRedis(settings.redis, 'caller', log);
  const { db } = postgres;
  const { client } = redis;
  const keys = fleetKeys(settings.prefix ?? 'sluice');
  const lanes = createLaneQueues(client, keys);
  const upstreams = new Map<string, Upstream>();
  const tasks = { upstreamOfClass: (queueClass: string) => upstreams.get(queueClass) ?? null };
  const quotas = createQuotas({ client, keys, read: (tenantId) => readTenantQuotas(db, tenantId), now, circuit });
  // The connection itself times out when Redis is down or slow.
  const call = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => ask();
  const hasWorkers = createLiveWorkers(client, keys, now);
  const batches = createLaneReader({ client, keys, lanes, call, quotas, tasks, hasWorkers });
  const estimates = createEstimateReader(batches, slotConcurrency);
  const places = createPlaceWatch({ lanes, facts: (lane) => estimates.facts(lane), call, tasks, log });
  const present = createPresentJobs((ids) => findPresent(db, ids), log);
  const reader = createFeedReader({ client, keys, log, now, overhear: places.overhear });
  const feed = createFeedWriter(client, keys, log);
  const acceptor = createAcceptor(
    {
      ledger: createLedger(db),
      lanes,
      feed,
      log,
      callAdd: (add) => add().catch((cause: unknown) => Promise.reject(queueUnavailable(cause))),
      publishTouched: (names) => client.publish(keys.touchedChannel, names.join(' ')),
    },
    {
      // From the service's own OpenTelemetry, whenever that is registered; a no-op where there is none.
      tracer: trace.getTracer('sluice'),
      onUnqueued: (jobId, err) =>
        log.warn(
          { component: 'queued_client', event: 'job_not_added', err, jobId },
          'failed to add a job to its lane: the scaler adds it',
        ),
    },
  );
  const nothing = async (): Promise<void> => undefined;
  const services = createServiceGroup(
    'client',
    [
      postgres,
      redis,
      { name: 'lanes', start: nothing, stop: () => lanes.close() },
      feed,
      // Rows that wait for an unavailable ledger are tried once more, then left to the workers: closing does not wait
      // for it.
      { ...acceptor, stop: () => acceptor.stop(AbortSignal.abort()) },
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
    estimates,
    places,
    ends: createJobEnds({ feed: reader, present }),
    acceptor,
    setUpstream: (queueClass, upstream) => void upstreams.set(queueClass, upstream),
    priorityRulesOf: createShortCache(
      async (tenantId: string) => (await findTenant(db, tenantId))?.priorityRules ?? null,
      RULES_MS,
      now,
    ),
    noteUse: createNoteUse({ client, keys, call }),
    feed,
    pacing: createPacing(now),
    findTenant: (tenantId) => findTenant(db, tenantId),
    now,
    log,
    close: () => services.stop(AbortSignal.timeout(CLOSE_MS)),
  };
}

/**
 * The connection behind a client. Its type is hidden from users, so that they need no types of the stores.
 * @throws FleetError `configuration` for a client that `openFleetClient` did not open
 */
export function connectionOf(fleet: FleetClient): FleetConnection {
  if (isConnection(fleet)) return fleet;
  throw new FleetError('configuration', 'The fleet client must be what openFleetClient resolves with.');
}

function isConnection(fleet: FleetClient): fleet is FleetConnection {
  return 'acceptor' in fleet;
}
