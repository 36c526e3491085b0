import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import { beforeEach, describe, expect, it } from 'vitest';
import { createReplicaFollower, retryAfterMs } from './driveReplicas.js';
import type { ReplicaDriver } from './replicaDriver.js';

let nowMs: number;
let orders: number[];
let failure: Error | null;
let warnings: string[];
beforeEach(() => {
  nowMs = 1_000_000;
  orders = [];
  failure = null;
  warnings = [];
});

const driver: ReplicaDriver = {
  name: 'docker',
  read: async () => ({ wanted: 1, running: 1 }),
  async scaleTo(replicas) {
    orders.push(replicas);
    if (failure !== null) throw failure;
    return { kind: 'scaled', from: 1, to: replicas };
  },
  stop: async () => undefined,
};

function follower() {
  const ignore = (): void => undefined;
  const log: Log = { debug: ignore, info: ignore, error: ignore, warn: (_fields, message) => warnings.push(message) };
  return createReplicaFollower(driver, () => nowMs, log);
}

describe('the follower of the wanted number', () => {
  it('orders a number once, another at once, and looks every 15 s whether it stands', async () => {
    const { follow } = follower();
    await follow(2, () => true);
    await follow(2, () => true);
    await follow(3, () => true);
    expect(orders).toEqual([2, 3]);
    nowMs += 15_000;
    await follow(3, () => true);
    expect(orders).toEqual([2, 3, 3]);
  });

  it('never throws, says what to do, and tries again after 2 s, 4 s, 8 s', async () => {
    const { follow } = follower();
    failure = new FleetError('forbidden', 'Apply the Role.');
    const triedAtMs: number[] = [];
    for (let passedMs = 0; passedMs <= 15_000; passedMs += 500, nowMs += 500) {
      const before = orders.length;
      await follow(4, () => true);
      if (orders.length > before) triedAtMs.push(passedMs);
    }
    expect(triedAtMs).toEqual([0, 2_000, 6_000, 14_000]);
    expect(warnings[0]).toBe('failed to set the number of worker processes: Apply the Role. Retrying in 2000 ms.');
    failure = null;
    nowMs += 60_000;
    await follow(4, () => true);
    await follow(5, () => true);
    expect(orders.slice(-2)).toEqual([4, 5]);
  });

  it('never waits longer than five minutes', () => {
    expect([1, 2, 3, 8, 9, 1_000].map(retryAfterMs)).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  });

  it('says nothing of a call that broke off because the lead was lost', async () => {
    failure = new FleetError('unavailable', 'stopped');
    await follower().follow(2, () => false);
    expect(warnings).toEqual([]);
  });
});
