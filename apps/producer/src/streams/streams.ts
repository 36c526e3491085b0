import { bucketOf } from '@sluice/shared/domain/lane';
import { createFeedReader } from '@sluice/shared/feed/feedReader';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createEndedJobs } from '@sluice/shared/outlook/endedJobs';
import type { OutlookReader } from '@sluice/shared/outlook/outlook';
import { createPlaceWatch } from '@sluice/shared/outlook/placeWatch';
import { findEnded } from '@sluice/shared/postgres/queries/findEnded';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { RedisClient } from '@sluice/shared/redis/client';
import { replayFeed } from '@sluice/shared/redis/commands/feed';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import { createSubscriber } from '@sluice/shared/redis/subscribe';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';
import { createOpenStreams } from './openStreams.js';
import type { StreamParts } from './streamRoutes.js';

/** What streams are made of. */
export interface StreamsParts {
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
  const { client, keys, ledger, lanes, call, outlooks, metrics, log, now } = parts;
  const feed = createFeedReader(client, keys, log);
  const places = createPlaceWatch({ lanes, facts: (lane) => outlooks.facts(lane), call, log });
  const ended = createEndedJobs((ids) => ledger((db) => findEnded(db, ids)), log);
  const subscriber = createSubscriber(client, {
    [keys.touchedChannel]: (names) => {
      for (const name of names.split(' ')) places.stirByName(name);
    },
  });
  return {
    routes: {
      ledger,
      feed,
      places,
      ended,
      streams: createOpenStreams(metrics),
      replay: (tenantId, from) => call(() => replayFeed(client, keys, bucketOf(tenantId), from)),
      now,
    },
    services: [feed, places, ended, subscriber],
  };
}
