import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteKeys } from '../../support/deleteKeys.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

describe('createLaneQueues', () => {
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

  async function add(id: string, queuePriority = 100): Promise<void> {
    const job = { id, task: 'system.probe', data: {}, queuePriority, maxAttempts: 1, delayMs: 0 };
    await queues.add([{ lane, job }]);
  }

  async function lanes(): Promise<readonly string[]> {
    return (await readFleetTable(space.redis.client, space.keys)).lanes;
  }

  it('registers a lane again soon after the next add when Redis lost its data', async () => {
    await add(newId());
    expect(await lanes()).toEqual(['acme.default']);
    await deleteKeys(space.redis.client, space.prefix);
    await add(newId());
    await until('the lane is registered', async () => (await lanes()).includes('acme.default'));
  });

  it('tells a job its place by priority, and none once it is gone', async () => {
    const [late, soon] = [newId(), newId()];
    await add(late, 2_000);
    await add(soon, 1);
    expect(await queues.position(lane, soon)).toBe(1);
    const place = await queues.position(lane, late);
    expect(place).toBeGreaterThan(1);
    expect(await queues.remove(lane, late)).toBe(true);
    expect(await queues.position(lane, late)).toBeNull();
  });

  it('adds a job twice under its id and holds it once', async () => {
    const before = (await queues.counts(lane)).waiting;
    const id = newId();
    await add(id);
    await add(id);
    expect((await queues.counts(lane)).waiting).toBe(before + 1);
  });
});
