import { createFeedReader } from '@sluice/fleet/feed/feedReader';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { findPresent } from '@sluice/fleet/postgres/queries/findPresent';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { replayFeed } from '@sluice/fleet/redis/commands/feed';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { createPlaceWatch } from '@sluice/fleet/wait/placeWatch';
import { createPresentJobs } from '@sluice/fleet/wait/presentJobs';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { bucketOf } from '@sluice/shared/domain/lane';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { RedisCall } from '../stores/redisCall.js';
import { createCredentialWatch } from './credentialWatch.js';
import { createOpenStreams } from './openStreams.js';
import type { StreamDeps } from './streamRoutes.js';

/** Dependencies of the streams. */
export interface StreamsDeps {
  readonly maxStreams: number;
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly ledger: Ledger;
  readonly tasks: Pick<TaskCatalogue, 'upstreamOfClass'>;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly estimates: EstimateReader;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

/** Wires the event streams: returns what the routes need and the services that must run for them. */
export function createStreams(deps: StreamsDeps): {
  readonly routes: StreamDeps;
  readonly services: readonly Service[];
} {
  const { tasks, maxStreams, client, keys, ledger, lanes, call, estimates, metrics, log, now } = deps;
  const places = createPlaceWatch({ lanes, facts: (lane) => estimates.facts(lane), call, tasks, log });
  const feed = createFeedReader({ client, keys, log, now, overhear: places.overhear });
  const present = createPresentJobs((ids) => ledger((db) => findPresent(db, ids)), log);
  const credentials = createCredentialWatch(ledger, log, now);
  return {
    routes: {
      ledger,
      feed,
      places,
      present,
      estimates,
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
