import type { Log } from '@sluice/shared/lifecycle/service';
import type { BlockingPop, Popped } from '../../redis/blockingPop.js';
import type { RedisClient } from '../../redis/client.js';
import { MARKERS_PER_CALL, takeMarkers } from '../../redis/commands/takeMarkers.js';
import { refusalOf } from '../../redis/refusal.js';
import type { LaneBoard } from './laneBoard.js';
import type { OpenLane } from './laneState.js';

/** Dependencies of a watch. */
export interface LaneWatchDeps {
  readonly client: RedisClient;
  readonly pop: BlockingPop;
  /** This process's own key in the bucket; adding a member to it ends the wait. */
  readonly nudgeKey: string;
  readonly board: Pick<LaneBoard, 'marked' | 'markedFor'>;
  /** Called when the wait was lost: markers taken meanwhile may have been missed. */
  readonly lost: () => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** How long one wait lasts, in seconds. */
const WAIT_S = 60;

/** Delay after a wake so that the claim goes first, in ms: reissuing a wait over many lanes delays it on both ends. */
const CLAIM_FIRST_MS = 1;

/** Changes are batched for this long before the wait is interrupted to apply them, in ms. */
const NUDGE_AFTER_MS = 1;

/**
 * A bucket is busy when the average gap between its wakes is below this many ms per awaited lane. The cost of a wait
 * grows with its keys, and so does that of a drain, but one drain replaces all the waits of its interval.
 */
const BUSY_GAP_PER_LANE_MS = 0.15;

/** Weight of the latest gap in the moving average. */
const GAP_WEIGHT = 0.2;

/** Upper bound on a gap in the average, in ms, so that a calm period is forgotten quickly. */
const LONGEST_GAP_MS = 1_000;

/** Interval between drains of a busy bucket, in ms: longer when they find few markers, shorter when they find many. */
const FASTEST_DRAIN_MS = 2;
const SLOWEST_DRAIN_MS = 32;
const LITTLE = 3;
const MUCH = 16;

/** Retry delay after a lost connection, in ms. */
const RETRY_MS = 200;

/** Maximum retry delay while Redis refuses commands, in ms. */
const LONGEST_RETRY_MS = 5_000;

/**
 * Waits for the markers of one bucket's lanes. While the bucket is calm, it issues one `BZPOPMIN` over the markers,
 * again after each wake. While it is busy, that would cost a wait over all lanes for every marker, so one script
 * periodically takes all markers instead.
 */
export class LaneWatch {
  /** Lanes to await, by marker. */
  private readonly awaited = new Map<string, OpenLane>();
  /** Lanes of the latest wait: a copy of `awaited`, renewed when that changes. */
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
  /** Interval between drains, in ms; 0 while the bucket is calm. */
  private drainMs = 0;
  private running: Promise<void> | null = null;

  constructor(private readonly deps: LaneWatchDeps) {}

  /** Starts or stops waiting for a lane's marker. The first lane starts the watch. */
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
        // A Redis that refuses commands usually does so for a while.
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

  /** The key expires if this process dies before taking it. */
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

  /** With `null`, pauses until a lane is added to the wait. */
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

/** Interval until the next drain, in ms; 0 when the bucket is calm again. */
function nextPace(paceMs: number, found: number): number {
  if (found >= MUCH) return Math.max(FASTEST_DRAIN_MS, paceMs / 2);
  if (found >= LITTLE) return paceMs;
  return paceMs < SLOWEST_DRAIN_MS ? paceMs * 2 : 0;
}
