import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { lead } from '@sluice/fleet/redis/commands/lead';
import { fenceBuckets, writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

describe('lead', () => {
  let space: FleetSpace;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  async function ask(holder: string, leaseMs = 60_000): Promise<number> {
    return lead(space.redis.client, space.keys, holder, leaseMs);
  }

  async function write(tenant: string, fence: number): Promise<boolean> {
    const written = await writeDesiredSlots(space.redis.client, space.keys, new Map([[tenant, 3]]), fence);
    return written.has(tenant);
  }

  it('is one holder at a time, under a fence that grows with every leadership', async () => {
    const first = await ask('a');
    expect(await ask('a')).toBe(first);
    expect(await ask('b')).toBe(0);
    expect(await ask('a', 0)).toBe(0);
    const second = await ask('b');
    expect(second).toBeGreaterThan(first);
    expect(await ask('b', 0)).toBe(0);
  });

  it('has every bucket refuse the leader before, those included that the new one has not written to', async () => {
    const old = await ask('old');
    expect(await write('acme', old)).toBe(true);
    await ask('old', 0);
    const next = await ask('next');
    await fenceBuckets(space.redis.client, space.keys, next);
    for (const tenant of ['acme', 'beta', 'gamma']) expect(await write(tenant, old)).toBe(false);
    expect(await write('beta', next)).toBe(true);
    expect((await readFleetTable(space.redis.client, space.keys)).desired).toEqual(
      new Map([
        ['acme', 3],
        ['beta', 3],
      ]),
    );
    await ask('next', 0);
  });

  it('goes on with higher fences after Redis was emptied, so that a write of before locks nobody out', async () => {
    const { client } = space.redis;
    const [seconds] = await client.time();
    const anHourAgo = Number(seconds) - Date.UTC(2026, 0, 1) / 1_000 - 3_600;
    await client.unlink(...(await client.keys(`{${space.prefix}:*`)));
    expect(await write('acme', anHourAgo)).toBe(true);
    const after = await ask('after');
    expect(after).toBeGreaterThan(anHourAgo);
    expect(await write('acme', after)).toBe(true);
  });
});
