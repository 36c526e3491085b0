import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KnownLoad } from './loadBook.js';
import type { ReplicaDriver } from './replicaDriver.js';
import { createReplicaLoop } from './replicaLoop.js';

const never = new AbortController().signal;
const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

let fence: number | null;
let load: KnownLoad | null;
let capacities: number[];
let published: number | null;
let orders: number[];
let platformWants: number;
let loop: Service;
beforeEach(() => {
  vi.useFakeTimers();
  fence = 1;
  load = null;
  capacities = [10];
  published = 0;
  orders = [];
  platformWants = 1;
});
afterEach(async () => {
  await loop.stop(never);
  vi.useRealTimers();
});

const driver: ReplicaDriver = {
  name: 'kubernetes',
  read: async () => ({ wanted: platformWants, running: platformWants }),
  async scaleTo(replicas, mayAct = () => true) {
    if (!mayAct()) return { kind: 'withheld' };
    orders.push(replicas);
    return { kind: 'scaled', from: 0, to: replicas };
  },
  stop: async () => undefined,
};

async function start(): Promise<void> {
  const gauge = {
    set(replicas: number) {
      published = replicas;
    },
    remove() {
      published = null;
    },
  };
  loop = createReplicaLoop({
    load: { known: () => load },
    lead: {
      current() {
        const led = fence;
        return led === null ? null : { fence: led, holds: () => fence === led };
      },
    },
    capacities: async () => capacities,
    policy: { minReplicas: 1, maxReplicas: 10, targetUtilisation: 1, shrinkWindowMs: 60_000 },
    driver,
    staleAfterMs: 10_000,
    metrics: { replicasDesired: gauge },
    monotonicMs: Date.now,
    log,
  });
  await loop.start();
  await tick();
}

/** Advances time by this many decisions. */
async function tick(times = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(times * 1_000);
}

function seeLoad(runnable: number): void {
  load = { runnable, seenAllMs: Date.now() };
}

describe('the loop that decides how many worker processes there shall be', () => {
  it('publishes nothing, and orders nothing, before all tenants were covered', async () => {
    await start();
    expect(published).toBeNull();
    expect(orders).toEqual([]);
  });

  it('publishes the number and orders it', async () => {
    seeLoad(35);
    await start();
    expect(published).toBe(4);
    expect(orders).toEqual([4]);
  });

  it('takes its number back when it no longer leads, and orders nothing', async () => {
    seeLoad(35);
    await start();
    fence = null;
    seeLoad(90);
    await tick(2);
    expect(published).toBeNull();
    expect(orders).toEqual([4]);
  });

  it('holds what it decided while passes fail', async () => {
    seeLoad(35);
    await start();
    capacities = [];
    await tick(120);
    expect(published).toBe(4);
    expect(new Set(orders)).toEqual(new Set([4]));
  });

  it('takes no worker down when Redis was emptied, which costs it the lead, the heartbeats and the load', async () => {
    seeLoad(35);
    await start();
    fence = 2;
    capacities = [];
    seeLoad(0);
    await tick(2);
    expect(published).toBe(4);
    expect(new Set(orders)).toEqual(new Set([4]));
  });

  it('begins with what the platform runs when another led before it', async () => {
    platformWants = 7;
    seeLoad(0);
    await start();
    expect(published).toBe(7);
    expect(orders).toEqual([7]);
  });

  it('does not order what it decided when it lost the lead meanwhile', async () => {
    await start();
    seeLoad(35);
    capacities = new Proxy([10], {
      get(target, name) {
        fence = null;
        return Reflect.get(target, name);
      },
    });
    await tick(2);
    expect(orders).toEqual([]);
  });
});
