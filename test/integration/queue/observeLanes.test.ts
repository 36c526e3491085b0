import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LaneSight } from '@sluice/fleet/queue/observe/observeLanes';
import { observeLanes } from '@sluice/fleet/queue/observe/observeLanes';
import { writeServiceTimes } from '@sluice/fleet/redis/commands/serviceTimes';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { bucketOf } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { startRedisServer } from '../../support/redisServer.js';
import { until } from '../../support/until.js';

describe('observeLanes', () => {
  let space: FleetSpace;
  let queues: LaneQueues;
  beforeAll(async () => {
    space = await openFleetSpace();
    queues = createLaneQueues(space.redis.client, space.keys);
  });
  afterAll(async () => {
    await queues.close();
    await space.close();
  });

  const lane = { tenantId: 'acme', queueClass: 'default' } as const;
  const bucket = bucketOf('acme');

  async function add(delayMs = 0): Promise<string> {
    const id = newId();
    const job = { id, task: 'system.probe', data: {}, queuePriority: 100, maxAttempts: 1, delayMs };
    await queues.add([{ lane, job }]);
    return id;
  }

  async function look(...names: string[]): Promise<readonly LaneSight[]> {
    return (await observeLanes(space.redis.client, space.keys, bucket, names)).lanes;
  }

  it('sees of each lane what BullMQ does, and nothing of a lane that there is not', async () => {
    const first = await add();
    await add();
    await add(3_600_000);
    await writeServiceTimes(
      space.redis.client,
      space.keys,
      new Map([[{ tenantId: 'acme', name: 'acme.default' }, 12.5]]),
    );
    // Adds to a lane that is known are told of together, soon after.
    await until('every add is counted', async () => (await look('acme.default'))[0]?.arrivals === 3);
    const nothing = {
      waiting: 0,
      active: 0,
      paused: false,
      rateLimitedMs: 0,
      nextJobId: null,
      arrivals: 0,
    };
    expect(await look('acme.default', 'acme.exports')).toEqual([
      { ...nothing, name: 'acme.default', waiting: 2, nextJobId: first, arrivals: 3, serviceMs: 12.5 },
      { ...nothing, name: 'acme.exports', serviceMs: null },
    ]);
  });

  it("takes a plain client's job without a priority for the next", async () => {
    const { id } = await queues.queue(lane).add('system.probe', {});
    expect(await look('acme.default')).toMatchObject([{ waiting: 3, nextJobId: id }]);
  });

  it('sees what holds jobs back: a pause, a rate limit', async () => {
    const queue = queues.queue(lane);
    await queue.pause();
    expect(await look('acme.default')).toMatchObject([{ waiting: 3, paused: true }]);
    await queue.resume();
    expect(await look('acme.default')).toMatchObject([{ waiting: 3, paused: false, rateLimitedMs: 0 }]);
    await queue.rateLimit(60_000);
    const [limited] = await look('acme.default');
    expect(limited?.rateLimitedMs).toBeGreaterThan(0);
    await queue.removeRateLimitKey();
    await queue.setGlobalRateLimit(5, 60_000);
    expect(await look('acme.default')).toMatchObject([{ rateLimitedMs: 0 }]);
  });

  it('asks about no lane at all without a call, and about thousands a thousand at a time', async () => {
    expect(await look()).toEqual([]);
    const names = Array.from({ length: 2_500 }, (_, i) => `t${i}.default`);
    const seen = await look(...names, 'acme.default');
    expect(seen.map(({ name }) => name)).toEqual([...names, 'acme.default']);
    expect(seen.at(-1)).toMatchObject({ waiting: 3 });
  });
});

describe('observeLanes on a server that nobody else uses', () => {
  it('asks one thing about lanes that hold nothing, however many they are', async () => {
    const server = await startRedisServer([]);
    onTestFinished(() => server.stop());
    const redis = createRedis(
      { url: `redis://127.0.0.1:${server.port}` },
      'consumer',
      createLogger('test', { level: 'silent' }),
    );
    await redis.start();
    onTestFinished(() => redis.stop(AbortSignal.timeout(1_000)));
    const names = Array.from({ length: 500 }, (_, i) => `idle${i}.default`);
    await observeLanes(redis.client, fleetKeys('idle'), 0, names);
    expect(await redis.client.info('commandstats')).toMatch(/^cmdstat_exists:calls=1,/m);
  });
});
