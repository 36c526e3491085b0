import type { LaneSight } from '@sluice/fleet/queue/observe/observeLanes';
import { newId } from '@sluice/shared/ids/ids';
import { describe, expect, it } from 'vitest';
import { foldLanes } from './foldLanes.js';

const idle: LaneSight = {
  name: 'acme.default',
  waiting: 0,
  active: 0,
  paused: false,
  rateLimitedMs: 0,
  nextJobId: null,
  arrivals: 0,
  serviceMs: null,
};

describe('foldLanes', () => {
  it("sums a tenant's lanes", () => {
    const lanes = [
      { ...idle, waiting: 2, active: 1, arrivals: 10 },
      { ...idle, waiting: 3, active: 1, arrivals: 5 },
    ];
    expect(foldLanes(lanes, 0)).toMatchObject({ waiting: 5, active: 2, arrivals: 15, heldBack: 'none' });
  });

  it('counts no work that is held back while other work is not, except in the sum over all lanes', () => {
    const lanes = [
      { ...idle, waiting: 60, paused: true },
      { ...idle, waiting: 3 },
      { ...idle, waiting: 70, rateLimitedMs: 500 },
    ];
    expect(foldLanes(lanes, 0)).toMatchObject({ waiting: 3, waitingInAll: 133, heldBack: 'none' });
  });

  it('is held back by a circuit though the lane is rate limited as well, and by an operator first', () => {
    const held = new Set(['acme.ga4']);
    const lane = { ...idle, name: 'acme.ga4', waiting: 60, rateLimitedMs: 1 };
    expect(foldLanes([lane], 0, held)).toMatchObject({ heldBack: 'circuit' });
    expect(foldLanes([{ ...lane, rateLimitedMs: 0 }], 0, held)).toMatchObject({ heldBack: 'circuit' });
    expect(foldLanes([{ ...lane, paused: true }], 0, held)).toMatchObject({ heldBack: 'paused' });
    expect(foldLanes([lane, { ...idle, waiting: 2 }], 0, held)).toMatchObject({ waiting: 2, heldBack: 'none' });
  });

  it('is held back when all lanes with work are', () => {
    expect(foldLanes([{ ...idle, waiting: 60, paused: true }, idle], 0)).toMatchObject({
      waiting: 60,
      heldBack: 'paused',
    });
    expect(foldLanes([{ ...idle, waiting: 60, rateLimitedMs: 1 }], 0)).toMatchObject({ heldBack: 'rate-limited' });
    expect(foldLanes([{ ...idle, paused: true }], 0)).toMatchObject({ waiting: 0, heldBack: 'none' });
  });

  it('weighs service times by the jobs that lanes hold, and leaves out those that are not known', () => {
    const slow = { ...idle, serviceMs: 1_000 };
    const quick = { ...idle, serviceMs: 100 };
    expect(foldLanes([slow, quick], 0).serviceMs).toBe(550);
    expect(
      foldLanes(
        [
          { ...slow, waiting: 1 },
          { ...quick, active: 8 },
          { ...idle, waiting: 50 },
        ],
        0,
      ).serviceMs,
    ).toBe(200);
    expect(foldLanes([idle], 0).serviceMs).toBeNull();
  });

  it('tells how long the longest waiting of the next jobs has waited, as far as ids tell', () => {
    const nowMs = Date.now();
    const lane = { ...idle, waiting: 1, nextJobId: newId() };
    expect(foldLanes([lane, { ...lane, nextJobId: 'order-77' }], nowMs + 60_000).oldestWaitMs).toBeGreaterThan(59_000);
    expect(foldLanes([lane], nowMs - 60_000).oldestWaitMs).toBe(0);
    expect(foldLanes([{ ...lane, nextJobId: 'order-77' }], nowMs).oldestWaitMs).toBeNull();
  });
});
