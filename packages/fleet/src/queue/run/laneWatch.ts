import type { Log } from '@sluice/shared/lifecycle/service';
import type { BlockingPop, Popped } from '../../redis/blockingPop.js';
import type { RedisClient } from '../../redis/client.js';
import { MARKERS_PER_CALL, takeMarkers } from '../../redis/commands/takeMarkers.js';
import { refusalOf } from '../../redis/refusal.js';
import type { LaneBoard } from './laneBoard.js';
import type { OpenLane } from './laneState.js';

/** What a watch needs. */
export interface LaneWatchDeps {
  readonly client: RedisClient;
  readonly pop: BlockingPop;
  /** Key of ours in the bucket that ends the wait; the process's own. */
  readonly nudgeKey: string;
  readonly board: Pick<LaneBoard, 'marked' | 'markedFor'>;
  /** The wait was lost: whatever was told meanwhile was not heard. */
  readonly lost: () => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** How long one wait lasts, in seconds. */
const WAIT_S = 60;

/** After a wake the claim goes first: issuing a wait over many lanes again holds it up, at both ends. In ms. */
const CLAIM_FIRST_MS = 1;

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
const LONGEST_GAP_MS = 1_000;

/** Pace of a busy bucket's drains: slower when they find little, faster when they find much, in ms. */
const FASTEST_DRAIN_MS = 2;
const SLOWEST_DRAIN_MS = 32;
const LITTLE = 3;
const MUCH = 16;

/** Pause after a lost connection, in ms. */
const RETRY_MS = 200;

/** Longest pause while Redis refuses, in ms. */
const LONGEST_RETRY_MS = 5_000;

/**
 * Waits for the markers of one bucket's lanes. While the bucket is calm: one `BZPOPMIN` over the markers, issued again after
 * each wake. While it is busy, that would cost a wait over all lanes for every marker, so all markers are taken by one
 * script from time to time instead.
 */
export class LaneWatch {
  /** Lanes to await, by marker. */
  private readonly awaited = new Map<string, OpenLane>();
  /** What the latest wait is for: a copy of `awaited`, made again when that has changed. */
  private waitsFor: ReadonlyMap<string, OpenLane> = new Map();
  private waitKeys: readonly string[] = [];
  private changed = false;
  private waiting = false;
  private nudge: NodeJS.Timeout | null = null;
  private resume: (() => void) | null = null;
  private stopped = false;
  private retryMs = RETRY_MS;
  private gapMs = LONGEST_GAP_MS;
  private lastWakeMs = 0;
  /** Pace of the drains of a busy bucket; 0 while it is calm. */
  private drainMs = 0;
  private running: Promise<void> | null = null;

  constructor(private readonly deps: LaneWatchDeps) {}

  /** A lane's marker is to be awaited from now on, or no longer. The first starts the watch. */
  listen(lane: OpenLane, on: boolean): void {
    const { marker } = lane.keys;
    if (on) this.awaited.set(marker, lane);
    else this.awaited.delete(marker);
    this.changed = true;
    if (!on) return;
    this.running ??= this.run();
    this.resume?.();
    if (!this.waiting || this.waitsFor.has(marker) || this.nudge !== null) return;
    this.nudge = setTimeout(() => {
      this.nudge = null;
      if (this.waiting) this.endWait();
    }, NUDGE_AFTER_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.nudge !== null) clearTimeout(this.nudge);
    this.resume?.();
    this.deps.pop.disconnect();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await (this.drainMs > 0 ? this.drain() : this.wait());
      } catch (err) {
        if (this.stopped) return;
        this.deps.log.debug(
          { component: 'lanes', event: 'marker_wait_lost', err },
          'failed to wait for markers: inspecting all lanes of the bucket',
        );
        this.deps.lost();
        // One that refuses does so for a while.
        this.retryMs = refusalOf(err) === null ? RETRY_MS : Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
        await this.pause(this.retryMs);
      }
    }
  }

  private async wait(): Promise<void> {
    if (this.awaited.size === 0) return this.pause(null);
    if (this.changed) {
      this.changed = false;
      this.waitsFor = new Map(this.awaited);
      this.waitKeys = [this.deps.nudgeKey, ...this.awaited.keys()];
    }
    const popped = await this.pop();
    const lane = popped === null ? undefined : this.waitsFor.get(popped.key);
    if (popped === null || lane === undefined) return;
    this.woke(lane, popped.score);
    this.noteWake();
    await this.pause(CLAIM_FIRST_MS);
  }

  private async pop(): Promise<Popped | null> {
    if (this.nudge !== null) clearTimeout(this.nudge);
    this.nudge = null;
    this.waiting = true;
    try {
      return await this.deps.pop.bzpopmin(this.waitKeys, WAIT_S);
    } finally {
      this.waiting = false;
    }
  }

  private async drain(): Promise<void> {
    await this.pause(this.drainMs);
    const lanes = [...this.awaited.values()];
    let found = 0;
    for (let from = 0; from < lanes.length; from += MARKERS_PER_CALL) {
      const some = lanes.slice(from, from + MARKERS_PER_CALL);
      const markers = some.map(({ keys }) => keys.marker);
      const scores = await takeMarkers(this.deps.client, markers);
      found += scores.size;
      for (const [index, score] of scores) {
        const lane = some[index];
        if (lane !== undefined) this.woke(lane, score);
      }
    }
    this.drainMs = nextPace(this.drainMs, found);
    this.gapMs = LONGEST_GAP_MS;
  }

  /** @param score 0 when work may wait, else when a job is due, unix ms */
  private woke(lane: OpenLane, score: number): void {
    if (score > 0) this.deps.board.markedFor(lane, score);
    else this.deps.board.marked(lane);
  }

  private noteWake(): void {
    const nowMs = this.deps.monotonicMs();
    this.gapMs += GAP_WEIGHT * (Math.min(nowMs - this.lastWakeMs, LONGEST_GAP_MS) - this.gapMs);
    this.lastWakeMs = nowMs;
    if (this.gapMs < BUSY_GAP_PER_LANE_MS * this.awaited.size) this.drainMs = FASTEST_DRAIN_MS;
  }

  /** The key is gone by itself when this process dies before it takes it. */
  private endWait(): void {
    const { client, nudgeKey, log } = this.deps;
    const ended = client
      .pipeline()
      .zadd(nudgeKey, 0, '0')
      .pexpire(nudgeKey, WAIT_S * 1_000)
      .exec();
    ended.catch((err: unknown) =>
      log.debug(
        { component: 'lanes', event: 'marker_wait_not_ended', err },
        'failed to end a wait for markers: it times out',
      ),
    );
  }

  /** A pause without a time lasts until a lane is to be awaited. */
  private pause(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      this.resume = () => {
        if (ms !== null && !this.stopped) return;
        this.resume = null;
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The time until the next drain, in ms; 0 when the bucket is calm again. */
function nextPace(paceMs: number, found: number): number {
  if (found >= MUCH) return Math.max(FASTEST_DRAIN_MS, paceMs / 2);
  if (found >= LITTLE) return paceMs;
  return paceMs < SLOWEST_DRAIN_MS ? paceMs * 2 : 0;
}
