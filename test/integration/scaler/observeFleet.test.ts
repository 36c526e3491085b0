import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { BUCKET_COUNT, bucketOf } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import type { Log } from '@sluice/shared/lifecycle/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { observeFleet } from '../../../apps/scaler/src/observe/observeFleet.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { FLEET_TASKS } from '../../support/fleetTasks.js';

/** Tenants that only have an entry in the registry, besides the one that has work. */
const TENANTS = 2_000;

describe('observeFleet', () => {
  let space: FleetSpace;
  const log: Log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  beforeAll(async () => {
    space = await openFleetSpace();
    const { client } = space.redis;
    const queues = createLaneQueues(client, space.keys);
    const lane = { tenantId: 'busy', queueClass: 'default' } as const;
    const jobs = Array.from({ length: 25 }, () => ({
      lane,
      job: { id: newId(), task: 'system.probe', data: {}, queuePriority: 9, maxAttempts: 1, delayMs: 0 },
    }));
    await queues.add(jobs);
    await queues.close();
    await writeDesiredSlots(client, space.keys, new Map([['busy', 2]]), 1);
    const pipeline = client.pipeline();
    for (let i = 0; i < TENANTS; i++) pipeline.zadd(space.keys.registry(bucketOf(`t${i}`)), i, `t${i}.default`);
    await pipeline.exec();
  });
  afterAll(() => space.close());

  /** The space's connection, with calls of scripts handed to a test before they are made. */
  function intercepted(before: (keys: readonly unknown[]) => Promise<void>): Pick<RedisService, 'client'> {
    const client = new Proxy(space.redis.client, {
      get(target, name) {
        if (name !== 'evalsha') return Reflect.get(target, name, target);
        return async (sha: string, count: number, ...rest: (string | number)[]) => {
          await before(rest.slice(0, count));
          return target.evalsha(sha, count, ...rest);
        };
      },
    });
    return { client };
  }

  it('sees every tenant of the fleet in two round trips per bucket', async () => {
    let calls = 0;
    const redis = intercepted(async () => {
      calls++;
    });
    await observeFleet({ redis, keys: space.keys, tasks: FLEET_TASKS, log });
    calls = 0;
    const { tenants: seen, isWhole } = await observeFleet({ redis, keys: space.keys, tasks: FLEET_TASKS, log });
    expect(isWhole).toBe(true);
    expect(calls).toBe(2 * BUCKET_COUNT);
    expect(seen).toHaveLength(TENANTS + 1);
    expect(seen.find(({ tenant }) => tenant.id === 'busy')).toMatchObject({
      kind: 'counted',
      tenant: { lanes: ['busy.default'], current: 2 },
      count: { waiting: 25, active: 0, arrivals: 25, heldBack: 'none' },
    });
  });

  it('sees only the tenants that are wanted, and asks only their buckets', async () => {
    let calls = 0;
    const redis = intercepted(async () => {
      calls++;
    });
    const { tenants: seen } = await observeFleet(
      { redis, keys: space.keys, tasks: FLEET_TASKS, log },
      new Set(['busy', 'nobody']),
    );
    expect(seen.map(({ tenant }) => tenant.id)).toEqual(['busy']);
    expect(calls).toBeLessThanOrEqual(4);
  });

  it('holds the tenants of a bucket that fails, and counts the others', async () => {
    const counted = space.keys.arrivals(bucketOf('busy'));
    const failing = intercepted(async ([first]) => {
      if (first === counted) throw new Error('away');
    });
    const { tenants: seen, isWhole } = await observeFleet({
      redis: failing,
      keys: space.keys,
      tasks: FLEET_TASKS,
      log,
    });
    expect(isWhole).toBe(true);
    expect(seen).toHaveLength(TENANTS + 1);
    const unreadable = seen.filter(({ kind }) => kind === 'unreadable').map(({ tenant }) => tenant.id);
    expect(unreadable).toContain('busy');
    expect(unreadable.every((id) => bucketOf(id) === bucketOf('busy'))).toBe(true);
    expect(log.warn).toHaveBeenCalled();
  });

  it('does not wait for ever: what is not answered in time is not known', async () => {
    const table = space.keys.registry(bucketOf('busy'));
    const silent = intercepted(([first]) => (first === table ? new Promise(() => undefined) : Promise.resolve()));
    const { tenants: seen, isWhole } = await observeFleet({
      redis: silent,
      keys: space.keys,
      tasks: FLEET_TASKS,
      log,
      withinMs: 2_000,
    });
    expect(isWhole).toBe(false);
    expect(seen.some(({ tenant }) => bucketOf(tenant.id) === bucketOf('busy'))).toBe(false);
    expect(seen.length).toBeGreaterThan(TENANTS / 2);
  });

  it('sees that jobs wait for an upstream whose circuit is open, and asks of no other lane', async () => {
    const { client } = space.redis;
    const queues = createLaneQueues(client, space.keys);
    const task = { task: 'ga4.run_report', data: {}, queuePriority: 9, maxAttempts: 1, delayMs: 0 };
    const heldBackOf = async (id: string): Promise<unknown> =>
      (
        await observeFleet({ redis: space.redis, keys: space.keys, tasks: FLEET_TASKS, log }, new Set([id]))
      ).tenants.map((one) => one.kind === 'counted' && one.count.heldBack);
    await queues.add([{ lane: { tenantId: 'waits', queueClass: 'ga4' }, job: { id: newId(), ...task } }]);
    expect(await heldBackOf('waits')).toEqual(['none']);
    const circuit = space.keys.circuit('waits', 'ga4');
    await client.hset(circuit, { opened: 1, probe: 2 });
    expect(await heldBackOf('waits')).toEqual(['circuit']);
    await client.hset(circuit, { answered: 1 });
    expect(await heldBackOf('waits')).toEqual(['circuit']);
    await queues.add([{ lane: { tenantId: 'waits', queueClass: 'default' }, job: { id: newId(), ...task } }]);
    expect(await heldBackOf('waits')).toEqual(['none']);
    await client.del(circuit);
    await queues.close();
  });

  it('knows at once what has changed of a bucket that it has read before', async () => {
    const { client } = space.redis;
    const parts = { redis: space.redis, keys: space.keys, tasks: FLEET_TASKS, log, tables: new Map() };
    const currentOf = async (id: string): Promise<unknown> =>
      (await observeFleet(parts, new Set([id]))).tenants.map(({ tenant }) => tenant.current);
    expect(await currentOf('busy')).toEqual([2]);
    expect(await currentOf('busy')).toEqual([2]);
    await writeDesiredSlots(client, space.keys, new Map([['busy', 3]]), 1);
    expect(await currentOf('busy')).toEqual([3]);
    await registerLanes(client, space.keys, [{ tenantId: 'fresh', name: 'fresh.default', jobs: 0 }]);
    expect(await currentOf('fresh')).toEqual([null]);
    await client.del(space.keys.registry(bucketOf('fresh')), space.keys.version(bucketOf('fresh')));
    expect(await currentOf('fresh')).toEqual([]);
  });
});
