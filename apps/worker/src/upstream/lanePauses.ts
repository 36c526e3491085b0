import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';

/** Pauses lanes whose upstreams must not be called. Neither method rejects. */
export interface LanePauses {
  /** Pauses the lane for this long, in ms. If that fails, the next job is refused again, which sets the pause. */
  pause(lane: Lane, forMs: number): Promise<void>;
  endPause(lane: Lane): Promise<void>;
}

/** Pauses lanes through BullMQ's own rate limit of the lane's queue. */
export function createLanePauses(lanes: Pick<LaneQueues, 'pauseLane' | 'resumeLane'>, log: Log): LanePauses {
  return {
    async pause(lane, forMs) {
      await lanes.pauseLane(lane, forMs).catch((err: unknown) => {
        log.warn(
          { component: 'upstream', event: 'lane_not_paused', err, lane: laneName(lane) },
          'failed to pause a lane for its upstream: its next job is refused again',
        );
      });
    },
    async endPause(lane) {
      await lanes.resumeLane(lane).catch((err: unknown) => {
        log.warn(
          { component: 'upstream', event: 'lane_not_resumed', err, lane: laneName(lane) },
          'failed to resume a lane: its pause will expire',
        );
      });
    },
  };
}
