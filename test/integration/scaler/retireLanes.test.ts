import type { LanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { findUnusedLanes, retireLanes } from '@sluice/fleet/queue/observe/retireLanes';
import { readBuckets, readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { fenceBuckets, writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { Lane } from '@sluice/shared/domain/lane';
import { bucketOf, laneName } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { retireUnusedLanes } from '../../../apps/scaler/src/retain/retireLanes.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

const log = createLogger('test', { level: 'silent' });
const leading = { fence: 1, holds: () => true };

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

function jobIn(lane: Lane, delayMs = 0): LanedJob {
  return { lane, job: { id: newId(), task: 'system.probe', data: {}, queuePriority: 9, maxAttempts: 1, delayMs } };
}

/** A lane that was used and holds nothing any more. */
async function emptied(tenantId: string, queueClass: 'default' | 'exports' = 'default'): Promise<Lane> {
  const lane: Lane = { tenantId, queueClass };
  const job = jobIn(lane);
  await queues.add([job]);
  expect(await queues.remove(lane, job.job.id)).toBe(true);
  return lane;
}

async function retire(unusedForMs = 0, leadership = leading): Promise<number> {
  const { redis, keys } = space;
  return retireUnusedLanes(leadership, unusedForMs, { redis, keys, metrics: createMetrics('test'), log });
}

async function registered(): Promise<readonly string[]> {
  return (await readFleetTable(space.redis.client, space.keys)).lanes;
}

describe('retireUnusedLanes', () => {
  it('forgets a lane that nothing used, with all that was kept of it, and its tenant when it was the last', async () => {
    const { client } = space.redis;
    const { keys } = space;
    const bucket = bucketOf('idle');
    await emptied('idle');
    await writeDesiredSlots(client, keys, new Map([['idle', 2]]), 1);
    await client.hset(keys.serviceTimes(bucket), 'idle.default', '12.5');
    const [before] = await readBuckets(client, keys, [bucket]);
    expect(await retire(3_600_000)).toBe(0);
    expect(await retire()).toBe(1);
    const [after] = await readBuckets(client, keys, [bucket]);
    expect(after).toMatchObject({ lanes: [], desired: new Map() });
    expect(after?.version).not.toBe(before?.version);
    expect(await client.hget(keys.versions, String(bucket))).toBe(after?.version);
    expect(await client.exists(keys.serviceTimes(bucket), keys.arrivals(bucket))).toBe(0);
  });

  it("keeps a tenant's slots while it has another lane that workers run", async () => {
    const { client } = space.redis;
    await emptied('half', 'exports');
    await queues.add([jobIn({ tenantId: 'half', queueClass: 'default' })]);
    await writeDesiredSlots(client, space.keys, new Map([['half', 2]]), 1);
    expect(await retire()).toBe(1);
    const table = await readFleetTable(client, space.keys);
    expect(table.lanes).toEqual(['half.default']);
    expect(table.desired.get('half')).toBe(2);
    await queues.obliterate({ tenantId: 'half', queueClass: 'default' });
    expect(await retire()).toBe(1);
  });

  it('keeps every lane that holds work of any kind', async () => {
    const of = (tenantId: string): Lane => ({ tenantId, queueClass: 'default' });
    const note = { task: 'x', category: 'permanent', error: { code: 'attempt_failed', message: 'no' }, attempts: 1 };
    await queues.add([jobIn(of('waits')), jobIn(of('sleeps'), 3_600_000)]);
    await emptied('first-in-first-out');
    await queues.queue(of('first-in-first-out')).add('system.probe', {});
    await emptied('scheduled');
    await queues.queue(of('scheduled')).upsertJobScheduler('daily', { every: 86_400_000 }, { name: 'system.probe' });
    await emptied('mourns');
    await queues.addDeadLetter('mourns', { jobId: newId(), ...note });
    await retire();
    expect(await registered()).toEqual([
      'first-in-first-out.default',
      'mourns.dead_letters',
      'scheduled.default',
      'sleeps.default',
      'waits.default',
    ]);
  });

  it('deletes what finished jobs left, and nothing of a job that came meanwhile', async () => {
    const { client } = space.redis;
    const lane = await emptied('tidy');
    await client.xadd(queues.queue(lane).toKey('events'), '*', 'event', 'completed');
    expect(await retire()).toBe(1);
    expect(await client.xlen(queues.queue(lane).toKey('events'))).toBe(0);
    await queues.add([jobIn(lane)]);
    await queues.sweepOut(lane);
    expect((await queues.counts(lane)).waiting).toBe(1);
    await until('the lane is registered again', async () => (await registered()).includes('tidy.default'));
  });

  it('retires nothing for a leader that was deposed', async () => {
    await emptied('kept');
    expect(await retire(0, { fence: 1, holds: () => false })).toBe(0);
    await fenceBuckets(space.redis.client, space.keys, 5);
    expect(await retire(0, { fence: 4, holds: () => true })).toBe(0);
    expect(await registered()).toContain('kept.default');
    expect(await retire(0, { fence: 5, holds: () => true })).toBe(1);
  });

  it('gets past lanes that cannot be retired, however many there are', async () => {
    const { client } = space.redis;
    const bucket = bucketOf('crowd');
    const tenants = Array.from({ length: 40_000 }, (_, i) => `crowd-${i}`).filter((id) => bucketOf(id) === bucket);
    const busy = tenants.slice(0, 300);
    await queues.add(busy.map((tenantId) => jobIn({ tenantId, queueClass: 'default' })));
    const idle = tenants.slice(300);
    expect(idle.length).toBeGreaterThan(250);
    await client.zadd(space.keys.registry(bucket), ...idle.flatMap((id) => [Date.now(), `${id}.default`]));
    expect(await retire(0, { fence: 9, holds: () => true })).toBe(idle.length);
    expect((await registered()).filter((name) => name.startsWith('crowd-'))).toHaveLength(300);
  });
});

describe('adding while lanes are retired', () => {
  const connections: RedisService[] = [];
  afterAll(async () => {
    for (const connection of connections) await connection.stop(AbortSignal.timeout(1_000));
  });

  async function connect(): Promise<RedisService> {
    const redis = createRedis({ url: inject('redisUrl') }, 'consumer', log);
    await redis.start();
    connections.push(redis);
    return redis;
  }

  it('registers a lane again that was retired while its job was on its way', async () => {
    const { client } = await connect();
    const lane: Lane = { tenantId: 'slow', queueClass: 'default' };
    const isRegistered = async () => (await registered()).includes(laneName(lane));
    const pipeline = client.pipeline.bind(client);
    client.pipeline = (...commands) => {
      const jobs = pipeline(...commands);
      const exec = jobs.exec.bind(jobs);
      jobs.exec = async () => {
        await until('the lane is registered', isRegistered);
        expect(await retire(0, { fence: 9, holds: () => true })).toBe(1);
        return exec();
      };
      return jobs;
    };
    const adder = createLaneQueues(client, space.keys, { registerAgainAfterMs: 0 });
    await adder.add([jobIn(lane)]);
    expect((await queues.counts(lane)).waiting).toBe(1);
    expect(await isRegistered()).toBe(true);
    await adder.close();
  });

  it('never leaves a lane that holds a job and is not registered', async () => {
    const tenants = ['race-a', 'race-b', 'race-c', 'race-d'];
    const retirer = await connect();
    let over = false;
    let retired = 0;
    async function keepRetiring(tenantId: string): Promise<void> {
      const where = { bucket: bucketOf(tenantId), unusedForMs: 0 };
      while (!over) {
        const unused = await findUnusedLanes(retirer.client, space.keys, where, { from: 0, lanes: 250 });
        retired += (await retireLanes(retirer.client, space.keys, unused, { ...where, fence: 9 })).length;
      }
    }
    /** Over a new connection, for which BullMQ has to load its scripts: the registration is far ahead of the job. */
    async function addToEach(lanes: readonly Lane[]): Promise<void> {
      const adder = createLaneQueues((await connect()).client, space.keys, { registerAgainAfterMs: 0 });
      await Promise.all(lanes.map((lane) => adder.add([jobIn(lane)])));
      await adder.close();
    }
    async function assertRegistered(lane: Lane): Promise<void> {
      expect((await queues.counts(lane)).waiting).toBe(1);
      expect(await registered()).toContain(laneName(lane));
      await queues.queue(lane).drain();
    }
    const lanes = tenants.map((tenantId): Lane => ({ tenantId, queueClass: 'default' }));
    const retiring = Promise.all(tenants.map(keepRetiring));
    for (let round = 0; round < 20; round++) {
      await addToEach(lanes);
      await Promise.all(lanes.map(assertRegistered));
    }
    over = true;
    await retiring;
    expect(retired).toBeGreaterThan(0);
  });
});
