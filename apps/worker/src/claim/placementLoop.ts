import { setTimeout as pause } from 'node:timers/promises';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import { readFleetTable } from '@sluice/shared/redis/commands/fleetTable';
import { heartbeat } from '@sluice/shared/redis/commands/heartbeat';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { LaneSet } from './laneSet.js';

/** How often a worker process says that it lives, in ms. */
const HEARTBEAT_EVERY_MS = 1_000;

/** How long saying goodbye may take, in ms. */
const GOODBYE_MS = 1_000;

/** What the loop needs. */
export interface PlacementParts {
  readonly redis: RedisService;
  readonly keys: FleetKeys;
  readonly lanes: LaneSet;
  readonly workerId: string;
  readonly heartbeatLastsMs: number;
  /** Called after every heartbeat, to measure. */
  readonly onBeat: () => void;
  readonly log: Log;
}

/**
 * Says every second that this process lives, and makes it run its share: at once when told of a change, at the next
 * heartbeat when the telling was lost. While Redis is away everything stays as it is. Stopping says goodbye, so that
 * others take over at once.
 */
export function createPlacementLoop(parts: PlacementParts): PeriodicService {
  const { redis, keys, lanes, workerId } = parts;
  let followed = '';
  const loop = runEvery(
    'placement',
    HEARTBEAT_EVERY_MS,
    async (signal) => {
      const { versions, capacities } = await heartbeat(redis.client, keys, {
        id: workerId,
        lastsMs: parts.heartbeatLastsMs,
        capacity: 1,
      });
      parts.onBeat();
      const workers = [...capacities.keys()];
      const seen = `${[...versions].join(' ')} ${workers.join(' ')}`;
      if (seen === followed || signal.aborted) return;
      await lanes.follow(await readFleetTable(redis.client, keys), workers);
      followed = seen;
    },
    parts.log,
  );
  return {
    ...loop,
    async stop(deadline) {
      const gone = loop
        .stop(deadline)
        .then(() => heartbeat(redis.client, keys, { id: workerId, lastsMs: 0, capacity: 1 }));
      gone.catch((err: unknown) => parts.log.warn({ err }, 'could not say goodbye; the heartbeat ends by itself'));
      // The grace time is for the jobs that run: a Redis that is away gets little of it.
      await Promise.race([gone.catch(() => undefined), pause(GOODBYE_MS, undefined, { ref: false })]);
    },
  };
}
