import type { Log } from '../lifecycle/service.js';
import type { BlockingPop } from '../redis/blockingPop.js';
import type { RedisClient } from '../redis/client.js';
import { MARKERS_PER_CALL, takeMarkers } from '../redis/commands/takeMarkers.js';
import type { LaneBoard, OpenLane } from './laneBoard.js';

/** Waits for the markers of one bucket's lanes. */
export interface LaneWatch {
  /** A lane's marker is to be awaited from now on, or no longer. */
  listen(lane: OpenLane, on: boolean): void;
  stop(): Promise<void>;
}

/** What a watch needs. */
export interface LaneWatchParts {
  readonly client: RedisClient;
  readonly pop: BlockingPop;
  /** Key of ours in the bucket that ends the wait; the process's own. */
  readonly nudgeKey: string;
  readonly board: Pick<LaneBoard, 'marked' | 'wakeAt'>;
  /** A marker was taken for a lane that this process cannot run more of. */
  readonly passOn: (lane: OpenLane) => void;
  /** The wait was lost: whatever was told meanwhile was not heard. */
  readonly lost: () => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** How long one wait lasts, in seconds. */
const WAIT_S = 30;

/** Changes are gathered for this long before the wait is ended to take them in, in ms. */
const NUDGE_AFTER_MS = 1;

/**
 * A bucket is busy when its wakes follow each other faster on average than this for each lane that is awaited, in ms: a
 * wait costs as much as it has keys, and so does a drain, which takes the place of all the waits of its time.
 */
const BUSY_GAP_PER_LANE_MS = 0.15;

/** Weight of the latest gap in that average. */
const GAP_WEIGHT = 0.2;

/** Gaps are counted as this at most, so that a calm time is soon forgotten, in ms. */
const LONGEST_GAP_MS = 50;

/** Pace of a busy bucket's drains: slower when they find little, faster when they find much, in ms. */
const FASTEST_DRAIN_MS = 2;
const SLOWEST_DRAIN_MS = 32;
const LITTLE = 3;
const MUCH = 16;

/** Pause after a lost connection, in ms. */
const RETRY_MS = 200;

/**
 * While a bucket is calm: one `BZPOPMIN` over the markers of its lanes, issued again after each wake. While it is busy, that
 * would cost a wait over all lanes for every marker, so all markers are taken by one script from time to time instead.
 */
export function createLaneWatch(parts: LaneWatchParts): LaneWatch {
  const { board, pop, client, log } = parts;
  let stopped = false;
  /** Lanes to await, by marker. */
  const awaited = new Map<string, OpenLane>();
  /** What the latest wait is for: a copy of `awaited`, made again when that has changed. */
  let waitsFor: ReadonlyMap<string, OpenLane> = new Map();
  let waitKeys: readonly string[] = [];
  let changed = false;
  let waiting = false;
  let nudge: NodeJS.Timeout | null = null;
  let resume: (() => void) | null = null;
  let gapMs = LONGEST_GAP_MS;
  let lastWakeMs = 0;
  let drainMs = 0;

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        if (drainMs > 0) await drain();
        else await wait();
      } catch (err) {
        if (stopped) return;
        log.debug({ err }, 'the wait for markers was lost');
        parts.lost();
        await pause(RETRY_MS);
      }
    }
  }

  async function wait(): Promise<void> {
    if (awaited.size === 0) return pause(null);
    if (changed) {
      changed = false;
      waitsFor = new Map(awaited);
      waitKeys = [parts.nudgeKey, ...awaited.keys()];
    }
    waiting = true;
    let answer: Awaited<ReturnType<BlockingPop['bzpopmin']>>;
    try {
      answer = await pop.bzpopmin(waitKeys, WAIT_S);
    } finally {
      waiting = false;
    }
    const lane = answer === null ? undefined : waitsFor.get(answer.key);
    if (answer === null || lane === undefined) return;
    woke(lane, answer.score);
    noteWake();
  }

  function woke(lane: OpenLane, score: number): void {
    if (score > 0) board.wakeAt(lane.name, score);
    else if (!board.marked(lane)) parts.passOn(lane);
  }

  function noteWake(): void {
    const nowMs = parts.monotonicMs();
    gapMs += GAP_WEIGHT * (Math.min(nowMs - lastWakeMs, LONGEST_GAP_MS) - gapMs);
    lastWakeMs = nowMs;
    if (gapMs < BUSY_GAP_PER_LANE_MS * awaited.size) drainMs = FASTEST_DRAIN_MS;
  }

  async function drain(): Promise<void> {
    await pause(drainMs);
    const lanes = [...awaited.values()];
    let found = 0;
    for (let from = 0; from < lanes.length; from += MARKERS_PER_CALL) {
      const some = lanes.slice(from, from + MARKERS_PER_CALL);
      const scores = await takeMarkers(
        client,
        some.map(({ keys }) => keys.marker),
      );
      found += scores.size;
      for (const [index, score] of scores) {
        const lane = some[index];
        if (lane !== undefined) woke(lane, score);
      }
    }
    drainMs = nextPace(drainMs, found);
    gapMs = LONGEST_GAP_MS;
  }

  /** A pause without a time lasts until a lane is to be awaited. */
  function pause(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      resume = () => {
        if (ms !== null && !stopped) return;
        resume = null;
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The key is gone by itself when this process dies before it takes it. */
  function endWait(): void {
    const ended = client
      .pipeline()
      .zadd(parts.nudgeKey, 0, '0')
      .pexpire(parts.nudgeKey, WAIT_S * 1_000)
      .exec();
    ended.catch((err: unknown) => log.debug({ err }, 'a wait could not be ended'));
  }

  const running = run();
  return {
    listen(lane, on) {
      const { marker } = lane.keys;
      if (on) awaited.set(marker, lane);
      else awaited.delete(marker);
      changed = true;
      if (!on) return;
      resume?.();
      if (!waiting || waitsFor.has(marker) || nudge !== null) return;
      nudge = setTimeout(() => {
        nudge = null;
        if (waiting) endWait();
      }, NUDGE_AFTER_MS);
    },
    async stop() {
      stopped = true;
      if (nudge !== null) clearTimeout(nudge);
      resume?.();
      pop.disconnect();
      await running;
    },
  };
}

/** The time until the next drain, in ms; 0 when the bucket is calm again. */
function nextPace(paceMs: number, found: number): number {
  if (found >= MUCH) return Math.max(FASTEST_DRAIN_MS, paceMs / 2);
  if (found >= LITTLE) return paceMs;
  return paceMs < SLOWEST_DRAIN_MS ? paceMs * 2 : 0;
}
