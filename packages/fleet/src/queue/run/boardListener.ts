import type { OpenLane } from './laneState.js';

/** Receives the board's notifications. */
export interface BoardListener {
  /** A job could be claimed. */
  work(): void;
  /** A lane may have work: inspect it. */
  doubt(lane: OpenLane): void;
  /** Start or stop waiting for a lane's marker. */
  listen(lane: OpenLane, on: boolean): void;
  /** This process took the marker of a lane's work but cannot run it now; another process might. */
  passOn(lane: OpenLane): void;
}
