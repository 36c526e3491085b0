import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { bucketOf } from '@sluice/shared/domain/lane';
import { createFeedReader } from '@sluice/shared/feed/feedReader';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { OutlookReader } from '@sluice/shared/outlook/outlook';
import { createPlaceWatch } from '@sluice/shared/outlook/placeWatch';
import { createPresentJobs } from '@sluice/shared/outlook/presentJobs';
import { findPresent } from '@sluice/shared/postgres/queries/findPresent';
import { readJobRow } from '@sluice/shared/postgres/queries/readJob';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { RedisClient } from '@sluice/shared/redis/client';
import { replayFeed } from '@sluice/shared/redis/commands/feed';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';
import { createCredentialWatch } from './credentialWatch.js';
import { createOpenStreams } from './openStreams.js';
import type { StreamParts } from './streamRoutes.js';

/** What streams are made of. */
export interface StreamsParts {
  readonly maxStreams: number;
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly outlooks: OutlookReader;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

/** Streams of events, wired: what the routes need, and what must run for them. */
export function createStreams(parts: StreamsParts): {
  readonly routes: StreamParts;
  readonly services: readonly Service[];
} {
  const { maxStreams, client, keys, ledger, lanes, call, outlooks, metrics, log, now } = parts;
  const places = createPlaceWatch({ lanes, facts: (lane) => outlooks.facts(lane), call, log });
  const feed = createFeedReader({ client, keys, log, now, overhear: places.overhear });
  const present = createPresentJobs((ids) => ledger((db) => findPresent(db, ids)), log);
  const credentials = createCredentialWatch(ledger, log, now);
  return {
    routes: {
      ledger,
      feed,
      places,
      present,
      outlooks,
      credentials,
      streams: createOpenStreams(metrics, maxStreams),
      replay({ tenantId, jobId }, from) {
        const wanted = (event: JobEvent): boolean =>
          event.tenantId === tenantId && (jobId === null || (event.kind !== 'missed' && event.jobId === jobId));
        return call(() => replayFeed(client, keys, { ...from, bucket: bucketOf(tenantId), wanted })).catch(() => null);
      },
      reread: (job) => ledger((db) => readJobRow(db, job.tenantId, job.id)).catch(() => null),
      now,
    },
    services: [feed, places, present, credentials],
  };
}
