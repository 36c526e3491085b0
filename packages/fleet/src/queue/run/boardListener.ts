import type { OpenLane } from './laneState.js';

/** What the board tells. */
export interface BoardListener {
  /** A job could be claimed. */
  work(): void;
  /** Work may wait in a lane, or not: it is to be looked at. */
  doubt(lane: OpenLane): void;
  /** A lane's marker is to be awaited from now on, or no longer. */
  listen(lane: OpenLane, on: boolean): void;
  /** This process took what tells of a lane's work, but cannot do it now, and another might. */
  passOn(lane: OpenLane): void;
}
