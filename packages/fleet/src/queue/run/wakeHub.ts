import type { Log } from '@sluice/shared/lifecycle/service';
import type { BlockingPop } from '../../redis/blockingPop.js';
import type { RedisClient } from '../../redis/client.js';
import { inspectLanes, LANES_PER_CALL } from '../../redis/commands/inspectLanes.js';
import type { FleetKeys } from '../../redis/keys.js';
import type { LaneBoard } from './laneBoard.js';
import type { OpenLane } from './laneState.js';
import { LaneWatch } from './laneWatch.js';

/** Detects which lanes have work: from their markers and by inspecting lanes. */
export interface WakeHub {
  /** A lane was opened. */
  add(lane: OpenLane): void;
  /** A lane was closed. */
  remove(lane: OpenLane): void;
  /** Inspects a lane that may have work. Lanes of a bucket requested in the same event-loop turn share one call. */
  look(lane: OpenLane): void;
  /** Starts or stops waiting for a lane's marker. */
  listen(lane: OpenLane, on: boolean): void;
  /** Inspects all lanes of one bucket. */
  sweep(bucket: number): void;
  stop(): Promise<void>;
}

/** Dependencies of the hub. */
export interface WakeHubDeps {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly workerId: string;
  readonly board: Pick<LaneBoard, 'marked' | 'markedFor' | 'wake' | 'wakeAt'>;
  /** Creates a connection that waits for keys of one bucket. */
  readonly createPop: (bucket: number) => BlockingPop;
  /** Called when a sweep found active jobs in a lane. */
  readonly active: (lane: OpenLane) => void;
  /** Called with the bucket's version after each inspection. */
  readonly version: (bucket: number, version: string) => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** Retry delay after a failed inspection, in ms. */
const LOOK_AGAIN_MS = 250;

interface Bucket {
  readonly lanes: Set<OpenLane>;
  readonly toLook: Set<OpenLane>;
  looking: boolean;
  /** The next inspection is a sweep. */
  sweeps: boolean;
  readonly watch: LaneWatch;
}

/** One watch, with one connection, per bucket that has open lanes. */
export function createWakeHub(deps: WakeHubDeps): WakeHub {
  const { board, client, keys, log } = deps;
  const buckets = new Map<number, Bucket>();
  let stopped = false;
  let opened = 0;

  function bucketOf(number: number): Bucket {
    let bucket = buckets.get(number);
    if (bucket === undefined) {
      bucket = openBucket(number);
      buckets.set(number, bucket);
    }
    return bucket;
  }

  function openBucket(number: number): Bucket {
    const lanes = new Set<OpenLane>();
    const bucket: Bucket = {
      lanes,
      toLook: new Set(),
      looking: false,
      sweeps: false,
      watch: new LaneWatch({
        client,
        pop: deps.createPop(number),
        // A watch that is stopping must not consume the nudge of its successor.
        nudgeKey: keys.nudge(number, `${deps.workerId}:${++opened}`),
        board,
        lost: () => lookAtAll(number, bucket),
        monotonicMs: deps.monotonicMs,
        log,
      }),
    };
    return bucket;
  }

  function lookAtAll(number: number, bucket: Bucket): void {
    for (const lane of bucket.lanes) bucket.toLook.add(lane);
    schedule(number, bucket);
  }

  function schedule(number: number, bucket: Bucket): void {
    if (bucket.looking || stopped) return;
    bucket.looking = true;
    setImmediate(() => void lookNow(number, bucket));
  }

  async function lookNow(number: number, bucket: Bucket): Promise<void> {
    const lanes = [...bucket.toLook].slice(0, LANES_PER_CALL);
    const sweeps = bucket.sweeps;
    for (const lane of lanes) bucket.toLook.delete(lane);
    bucket.sweeps = sweeps && bucket.toLook.size > 0;
    try {
      await lookAt(number, lanes, sweeps);
    } catch (err) {
      log.debug(
        { component: 'lanes', event: 'lanes_not_inspected', err, bucket: number },
        'failed to inspect lanes: retrying',
      );
      for (const lane of lanes) if (bucket.lanes.has(lane)) bucket.toLook.add(lane);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    bucket.looking = false;
    if (bucket.toLook.size > 0) schedule(number, bucket);
  }

  async function lookAt(number: number, lanes: readonly OpenLane[], sweeps: boolean): Promise<void> {
    const laneKeys = lanes.map((lane) => lane.keys);
    const { version, looks } = await inspectLanes(client, keys.version(number), laneKeys);
    for (const [index, { waiting, dueMs, active }] of looks) {
      const lane = lanes[index];
      if (lane === undefined) continue;
      if (waiting > 0) board.wake(lane.name, waiting);
      else if (dueMs > 0) board.wakeAt(lane.name, dueMs);
      if (sweeps && active > 0) deps.active(lane);
    }
    deps.version(number, version);
  }

  return {
    add(lane) {
      const bucket = bucketOf(lane.bucket);
      bucket.lanes.add(lane);
      bucket.toLook.add(lane);
      schedule(lane.bucket, bucket);
    },
    remove(lane) {
      const bucket = buckets.get(lane.bucket);
      if (bucket === undefined) return;
      bucket.lanes.delete(lane);
      bucket.toLook.delete(lane);
      if (bucket.lanes.size > 0) return;
      buckets.delete(lane.bucket);
      void bucket.watch.stop();
    },
    look(lane) {
      const bucket = buckets.get(lane.bucket);
      if (bucket === undefined || !bucket.lanes.has(lane)) return;
      bucket.toLook.add(lane);
      schedule(lane.bucket, bucket);
    },
    listen: (lane, on) => (on ? bucketOf(lane.bucket) : buckets.get(lane.bucket))?.watch.listen(lane, on),
    sweep(number) {
      const bucket = buckets.get(number);
      if (bucket === undefined) return;
      bucket.sweeps = true;
      lookAtAll(number, bucket);
    },
    async stop() {
      stopped = true;
      await Promise.all([...buckets.values()].map(({ watch }) => watch.stop()));
    },
  };
}
