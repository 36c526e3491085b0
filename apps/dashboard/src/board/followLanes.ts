import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import { findBusyLanes } from '@sluice/shared/queue/busyLanes';
import { readFleetTable } from '@sluice/shared/redis/commands/fleetTable';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import { chooseLanes } from './chooseLanes.js';
import type { LaneBoard } from './laneBoard.js';

/** How often the registry of lanes is read when no change is told, in ms. */
const LOOK_MS = 3_000;

/** Shows the lanes of tenants as they come and go. `hurry` when a change is told. */
export function followLanes(options: {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly board: LaneBoard;
  readonly maxLanes: number;
  readonly log: Log;
}): PeriodicService {
  const { client, keys, board, maxLanes, log } = options;
  return runEvery(
    'lanes',
    LOOK_MS,
    async () => {
      const { lanes } = await readFleetTable(client, keys);
      const busy = lanes.length > maxLanes ? await findBusyLanes(client, keys, lanes) : new Set<string>();
      await board.show(chooseLanes({ lanes, busy, watched: board.watched(), maxLanes }));
    },
    log,
  );
}
