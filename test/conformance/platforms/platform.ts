import type { ReplicaDriver } from '../../../apps/scaler/src/replicas/replicaDriver.js';
import type { FaultyServer } from './faultyServer.js';

/** A platform that runs worker processes, under a test's control. It begins with one worker, within the bounds 0 to 6. */
export interface Platform {
  /** A new driver of it, to be stopped by whoever asked for it. */
  driver(): ReplicaDriver;
  /** What its API does wrong, and which calls it got. */
  readonly api: FaultyServer;
  /** Processes that live, those that drain included. */
  alive(): number;
  /** From now on every worker has a job that lasts until `releaseJobs`. */
  holdJobs(): void;
  releaseJobs(): void;
  /** Workers that were ended while they had a job. */
  interrupted(): number;
  /** Changes the number by other means than the driver. */
  changeBehind(replicas: number): Promise<void>;
  close(): Promise<void>;
}

/** Longest that a driver under test waits for an answer, in ms. */
export const TIMEOUT_MS = 400;

/** Bounds of a driver under test. */
export const BOUNDS = { min: 0, max: 6 };
