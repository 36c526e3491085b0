import { setImmediate as turn } from 'node:timers/promises';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { describe, expect, it, vi } from 'vitest';
import type { BlockingPop } from '../../redis/blockingPop.js';
import type { RedisClient } from '../../redis/client.js';
import type { OpenLane } from './laneState.js';
import { LaneWatch } from './laneWatch.js';

function laneOf(index: number): OpenLane {
  const keys = { marker: `marker-${index}`, wait: '', prioritized: '', delayed: '', active: '' };
  return { name: `t${index}.default`, tenantId: `t${index}`, bucket: 0, keys };
}

type Answer = Awaited<ReturnType<BlockingPop['bzpopmin']>>;

/** A watch over a Redis whose replies the test controls; the clock only moves when advanced. */
function setUp() {
  const waits: { readonly keys: readonly string[]; answer(answer: Answer): void; fail(): void }[] = [];
  let nowMs = 0;
  let failing = (): void => undefined;
  const pop: BlockingPop = {
    bzpopmin: (keys) =>
      new Promise((resolve, reject) => {
        failing = () => reject(new Error('lost'));
        waits.push({ keys, answer: resolve, fail: failing });
      }),
    disconnect: () => failing(),
  };
  const drains = vi.fn(async (): Promise<number[]> => []);
  const nudges = vi.fn(async () => []);
  const pipeline = { zadd: () => pipeline, pexpire: () => pipeline, exec: nudges };
  const client = { evalsha: drains, pipeline: () => pipeline } as unknown as RedisClient;
  const board = { marked: vi.fn(), markedFor: vi.fn() };
  const lost = vi.fn();
  const log = createLogger('test', { level: 'silent' });
  const monotonicMs = (): number => nowMs;
  const watch = new LaneWatch({ client, pop, nudgeKey: 'nudge', board, lost, monotonicMs, log });
  return {
    watch,
    waits,
    drains,
    nudges,
    board,
    lost,
    move(ms: number) {
      nowMs += ms;
    },
    /** Answers the open wait and resolves when the watch queries Redis again. */
    async pop(index: number, score = 0) {
      const asked = waits.length + drains.mock.calls.length;
      waits.at(-1)?.answer({ key: `marker-${index}`, member: '0', score });
      await vi.waitFor(() => expect(waits.length + drains.mock.calls.length).toBeGreaterThan(asked));
    },
  };
}

describe('LaneWatch', () => {
  it('asks Redis for nothing while no lane is awaited', async () => {
    const { watch, waits } = setUp();
    await turn();
    expect(waits).toEqual([]);
    await watch.stop();
  });

  it('waits again after each wake, and tells the board what the marker says', async () => {
    const { watch, waits, board, pop, move } = setUp();
    for (const index of [0, 1]) watch.listen(laneOf(index), true);
    // The first lane starts the watch; the second interrupts that wait to be included.
    await pop(0);
    expect(board.marked).toHaveBeenCalledTimes(1);
    move(100);
    await pop(1, 1_234);
    expect(board.markedFor).toHaveBeenCalledWith(laneOf(1), 1_234);
    expect(waits.map(({ keys }) => keys.length)).toEqual([2, 3, 3]);
    await watch.stop();
  });

  it('ends a wait once for all lanes that join in the same moment, and none for a lane that it has', async () => {
    const { watch, waits, nudges } = setUp();
    watch.listen(laneOf(0), true);
    await turn();
    watch.listen(laneOf(0), true);
    for (let index = 1; index < 50; index++) watch.listen(laneOf(index), true);
    await vi.waitFor(() => expect(nudges).toHaveBeenCalledTimes(1));
    waits.at(-1)?.answer({ key: 'nudge', member: '0', score: 0 });
    await turn();
    expect(waits.at(-1)?.keys).toHaveLength(51);
    await watch.stop();
  });

  it('says that the wait was lost, and waits again', async () => {
    const { watch, waits, lost } = setUp();
    watch.listen(laneOf(0), true);
    await turn();
    waits.at(-1)?.fail();
    await vi.waitFor(() => expect(waits).toHaveLength(2));
    expect(lost).toHaveBeenCalledTimes(1);
    await watch.stop();
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it('drains a busy bucket instead of waiting, and waits again once little is found', async () => {
    const { watch, waits, drains, pop } = setUp();
    for (let index = 0; index < 20; index++) watch.listen(laneOf(index), true);
    await turn();
    let wakes = 0;
    while (drains.mock.calls.length === 0 && wakes < 100) await pop(wakes++ % 20);
    expect(wakes).toBeLessThan(100);
    await vi.waitFor(() => expect(waits).toHaveLength(wakes + 1));
    const paused = drains.mock.calls.length;
    await turn();
    expect(drains).toHaveBeenCalledTimes(paused);
    await watch.stop();
  });

  it('goes on when a drain fails', async () => {
    const { watch, drains, lost, pop } = setUp();
    drains.mockRejectedValueOnce(new Error('away'));
    for (let index = 0; index < 20; index++) watch.listen(laneOf(index), true);
    await turn();
    for (let wakes = 0; drains.mock.calls.length === 0 && wakes < 100; wakes++) await pop(wakes % 20);
    await vi.waitFor(() => expect(drains.mock.calls.length).toBeGreaterThan(1));
    expect(lost).toHaveBeenCalledTimes(1);
    await watch.stop();
  });
});
