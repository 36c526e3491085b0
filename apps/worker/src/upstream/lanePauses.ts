import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';

/** Pauses lanes whose upstreams are not to be called. Neither of its calls rejects. */
export interface LanePauses {
  /** For so long, in ms. One that could not be set: the next job is refused again, which sets it. */
  pause(lane: Lane, forMs: number): Promise<void>;
  endPause(lane: Lane): Promise<void>;
}

/** Pauses by BullMQ's own rate limit of the lane's queue. */
export function createLanePauses(lanes: Pick<LaneQueues, 'holdBack' | 'endHold'>, log: Log): LanePauses {
  return {
    async pause(lane, forMs) {
      await lanes.holdBack(lane, forMs).catch((err: unknown) => {
        log.warn({ err, lane: laneName(lane) }, 'a lane could not be paused for its upstream');
      });
    },
    async endPause(lane) {
      await lanes.endHold(lane).catch((err: unknown) => {
        log.warn({ err, lane: laneName(lane) }, 'a pause could not be ended; it ends by itself');
      });
    },
  };
}
