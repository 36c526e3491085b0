import { findBusyLanes } from '@sluice/fleet/queue/observe/busyLanes';
import type { FleetBucket } from '@sluice/fleet/redis/commands/fleetTable';
import { readBucket } from '@sluice/fleet/redis/commands/fleetTable';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import { chooseLanes } from './chooseLanes.js';
import type { FleetBoard } from './fleetBoard.js';

/** How often the registry of lanes is read when no change is published, in ms. */
const LOOK_MS = 3_000;

/** How long the board counts as open after a page's last request, in ms. */
const OPEN_MS = 30_000;

/** Keeps the board up to date. Call `hurry` when a change is published. */
export interface LaneFollower extends PeriodicService {
  /** Records a page's request to the board. */
  viewed(): void;
}

/** Adds and removes lanes on the board as they change. Does not query Redis while no page is open. */
export function followLanes(options: {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly board: FleetBoard;
  readonly maxLanes: number;
  /** Unix ms. */
  readonly now: () => number;
  readonly log: Log;
}): LaneFollower {
  const { client, keys, board, maxLanes, now, log } = options;
  const known = new Map<number, FleetBucket>();
  let openUntilMs = 0;

  async function look(): Promise<void> {
    // Load the lanes once anyway, so that the first page shows them.
    if (known.size > 0 && now() > openUntilMs) return;
    const buckets = await Promise.all(BUCKETS.map((bucket) => readBucket(client, keys, bucket, known.get(bucket))));
    for (const bucket of buckets) known.set(bucket.bucket, bucket);
    const lanes = buckets.flatMap((bucket) => bucket.lanes).sort();
    const busy = lanes.length > maxLanes ? await findBusyLanes(client, keys, lanes) : new Set<string>();
    await board.show(chooseLanes({ lanes, busy, watched: board.watched(), maxLanes }));
  }

  const loop = runEvery('lanes', LOOK_MS, look, log);
  return {
    ...loop,
    viewed() {
      const wasOpen = now() <= openUntilMs;
      openUntilMs = now() + OPEN_MS;
      if (!wasOpen) loop.hurry();
    },
  };
}
