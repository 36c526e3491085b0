import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { runLanes } from '../../support/runLanes.js';
import { until } from '../../support/until.js';

describe('a lane that is held back', () => {
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

  it('keeps a longer pause, and the rate that an operator set', async () => {
    const lane = { tenantId: 'acme', queueClass: 'ga4' } as const;
    await queues.queue(lane).setGlobalRateLimit(7, 60_000);
    expect(await queues.pausedForMs(lane)).toBe(0);
    await queues.pauseLane(lane, 60_000);
    await queues.pauseLane(lane, 10);
    expect(await queues.pausedForMs(lane)).toBeGreaterThan(50_000);
    expect(await queues.queue(lane).getGlobalRateLimit()).toEqual({ max: 7, duration: 60_000 });
    await queues.resumeLane(lane);
    expect(await queues.pausedForMs(lane)).toBe(0);
  });

  it('wakes by itself on every process when its pause ends, also where a delayed job was due meanwhile', async () => {
    const lane = { tenantId: 'wakes', queueClass: 'ga4' } as const;
    const ran: string[] = [];
    const { client } = space.redis;
    const open = (workerId: string) =>
      runLanes([lane], {
        client,
        keys: space.keys,
        workerId,
        run: async (job) => {
          ran.push(job.id);
          return { kind: 'completed', result: null };
        },
      });
    const workers = await Promise.all([open('w1'), open('w2')]);
    await queues.pauseLane(lane, 1_500);
    const pausedAt = Date.now();
    const job = { task: 'x', data: {}, queuePriority: 10, maxAttempts: 1, delayMs: 0 };
    const ids = [newId(), newId(), newId()];
    await queues.add(ids.map((id, i) => ({ lane, job: { ...job, id, delayMs: i * 300 } })));
    await until('all ran', () => ran.length === ids.length);
    expect(Date.now() - pausedAt).toBeGreaterThanOrEqual(1_400);
    for (const worker of workers) await worker.close();
  });
});
