import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplicaDriver } from '../../apps/scaler/src/replicas/replicaDriver.js';
import { until } from '../support/until.js';
import { openDocker } from './platforms/dockerPlatform.js';
import { openKubernetes } from './platforms/kubernetesPlatform.js';
import { openLocal } from './platforms/localPlatform.js';
import type { Platform } from './platforms/platform.js';

const PLATFORMS: Readonly<Record<string, () => Promise<Platform>>> = {
  kubernetes: openKubernetes,
  docker: openDocker,
  local: openLocal,
};

describe.each(Object.entries(PLATFORMS))('the driver %s', (name, open) => {
  let platform: Platform;
  let driver: ReplicaDriver;
  beforeEach(async () => {
    platform = await open();
    driver = platform.driver();
  });
  afterEach(async () => {
    await driver.stop();
    await platform.close();
  });

  const alive = (count: number): Promise<boolean> => until(`${count} processes live`, () => platform.alive() === count);

  it('is called by its name, and tells how many there are', async () => {
    expect(driver.name).toBe(name);
    expect(await driver.read()).toMatchObject({ wanted: 1, running: 1 });
  });

  it('starts what is missing', async () => {
    expect(await driver.scaleTo(4)).toEqual({ kind: 'scaled', from: 1, to: 4 });
    await alive(4);
    expect(await driver.read()).toMatchObject({ wanted: 4, running: 4 });
  });

  it('drains what is too much: it waits for no job and interrupts none', async () => {
    await driver.scaleTo(3);
    await alive(3);
    platform.holdJobs();
    expect(await driver.scaleTo(1)).toEqual({ kind: 'scaled', from: 3, to: 1 });
    expect(await driver.read()).toMatchObject({ wanted: 1 });
    expect(platform.alive()).toBe(3);
    platform.releaseJobs();
    await alive(1);
    expect(platform.interrupted()).toBe(0);
  });

  it('grows again while others drain', async () => {
    await driver.scaleTo(3);
    await alive(3);
    platform.holdJobs();
    await driver.scaleTo(1);
    expect(await driver.scaleTo(3)).toEqual({ kind: 'scaled', from: 1, to: 3 });
    await alive(5);
    platform.releaseJobs();
    await alive(3);
    expect(await driver.read()).toMatchObject({ wanted: 3, running: 3 });
    expect(platform.interrupted()).toBe(0);
  });

  it('changes nothing for the number that there is', async () => {
    expect(await driver.scaleTo(1)).toEqual({ kind: 'unchanged', replicas: 1 });
    expect(platform.api.changes()).toEqual([]);
  });

  it('goes down to nobody and comes back', async () => {
    await driver.scaleTo(0);
    await alive(0);
    await until('that is known', async () => (await driver.read()).running === 0);
    expect(await driver.scaleTo(2)).toEqual({ kind: 'scaled', from: 0, to: 2 });
    await alive(2);
  });

  it('carries out calls of the same time one after the other, so that the last one stands', async () => {
    expect(await Promise.all([driver.scaleTo(3), driver.scaleTo(2), driver.scaleTo(2), driver.scaleTo(5)])).toEqual([
      { kind: 'scaled', from: 1, to: 3 },
      { kind: 'scaled', from: 3, to: 2 },
      { kind: 'unchanged', replicas: 2 },
      { kind: 'scaled', from: 2, to: 5 },
    ]);
    await alive(5);
  });

  it.each([-1, 7, 1.5, Number.NaN])('refuses %d, which is not within its bounds, without a call', async (count) => {
    await expect(driver.scaleTo(count)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(platform.api.calls).toEqual([]);
  });

  it('fails while the API is away, and works when it is back', async () => {
    platform.api.fail('away');
    await expect(driver.scaleTo(2)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('cannot be reached'),
    });
    await expect(driver.read()).rejects.toMatchObject({ code: 'unavailable' });
    platform.api.fail(null);
    expect(await driver.scaleTo(2)).toEqual({ kind: 'scaled', from: 1, to: 2 });
    await alive(2);
  });

  it('gives up on an API that does not answer, and works when it does', async () => {
    platform.api.fail('late');
    await expect(driver.scaleTo(2)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('did not answer within'),
    });
    platform.api.fail(null);
    expect(await driver.scaleTo(2)).toEqual({ kind: 'scaled', from: 1, to: 2 });
  });

  it('says what to do when the API refuses', async () => {
    platform.api.fail('refuses');
    await expect(driver.scaleTo(2)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/(allow|apply|check) .* It says: not for you$/),
    });
    expect(platform.alive()).toBe(1);
  });

  it('reaches the number when someone else changed it in between', async () => {
    platform.api.beforeNextChange(() => platform.changeBehind(2));
    expect(await driver.scaleTo(3)).toEqual({ kind: 'scaled', from: 2, to: 3 });
    await alive(3);
  });

  it('does not act when whoever asked lost the right to', async () => {
    expect(await driver.scaleTo(3, () => false)).toEqual({ kind: 'withheld' });
    expect(platform.api.changes()).toEqual([]);
  });

  it('breaks off a call when it is stopped, takes no further one, and leaves a whole platform to the next', async () => {
    platform.api.fail('late');
    const scaling = driver.scaleTo(3);
    const waiting = driver.scaleTo(4);
    const broken = Promise.all([
      expect(scaling).rejects.toMatchObject({ code: 'unavailable' }),
      expect(waiting).rejects.toMatchObject({ code: 'unavailable' }),
    ]);
    await until('the call is under way', () => platform.api.calls.length > 0);
    await driver.stop();
    await broken;
    await expect(driver.scaleTo(2)).rejects.toMatchObject({ code: 'unavailable' });
    await driver.stop();
    platform.api.fail(null);

    const next = platform.driver();
    expect(await next.scaleTo(2)).toEqual({ kind: 'scaled', from: 1, to: 2 });
    await alive(2);
    await next.stop();
  });
});
