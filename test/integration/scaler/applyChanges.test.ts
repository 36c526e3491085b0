import { listScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { fenceBuckets } from '@sluice/fleet/redis/commands/writeDesired';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AppliedChanges } from '../../../apps/scaler/src/act/applyChanges.js';
import { applyChanges } from '../../../apps/scaler/src/act/applyChanges.js';
import type { SlotChange } from '../../../apps/scaler/src/tenant.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

/** A leadership that ends after so many questions. */
function leadershipOf(answers: number, fence = 7) {
  let left = answers;
  return { fence, holds: () => left-- > 0 };
}

function changeOf(tenantId: string, desired: number): SlotChange {
  const decision = {
    kind: 'set',
    change: 'grow',
    previous: null,
    desired,
    policy: 'queue-length',
    reason: 'because',
  } as const;
  return { tenantId, waiting: 25, active: 0, decision, newlyHeldBack: false };
}

const metrics = createMetrics('test');

async function apply(changes: SlotChange[], leadership: ReturnType<typeof leadershipOf>): Promise<AppliedChanges> {
  const { redis, keys, postgres } = space;
  const log = createLogger('test', { level: 'silent' });
  return applyChanges(changes, leadership, { db: postgres.db, redis, keys, metrics, log });
}

async function written(tenantId: string): Promise<{ rows: number; desired: number | undefined }> {
  const decisions = await listScalingDecisions(space.postgres.db, 10_000);
  const { desired } = await readFleetTable(space.redis.client, space.keys);
  return { rows: decisions.filter((one) => one.tenantId === tenantId).length, desired: desired.get(tenantId) };
}

async function counted(metric: 'scalingDecisions' | 'decisionsRefused'): Promise<number> {
  const { values } = await metrics[metric].get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

it('writes the reason and then the number under the fence of the leader', async () => {
  expect(await apply([changeOf('led', 3)], leadershipOf(2))).toEqual({ made: 1, refused: 0 });
  expect(await written('led')).toEqual({ rows: 1, desired: 3 });
  expect((await listScalingDecisions(space.postgres.db, 1))[0]).toMatchObject({
    leaderFence: 7,
    policy: 'queue-length',
    reason: 'because',
  });
});

it('writes nothing when it was deposed before, and no number when it was deposed in between', async () => {
  expect(await apply([changeOf('before', 3)], leadershipOf(0))).toEqual({ made: 0, refused: 0 });
  expect(await written('before')).toEqual({ rows: 0, desired: undefined });
  expect(await apply([changeOf('between', 3)], leadershipOf(1))).toEqual({ made: 0, refused: 0 });
  expect(await written('between')).toEqual({ rows: 1, desired: undefined });
});

it('has the late write of a leader refused that does not know yet that another leads, and says so', async () => {
  await apply([changeOf('contested', 3)], leadershipOf(2));
  const [madeBefore, refusedBefore] = [await counted('scalingDecisions'), await counted('decisionsRefused')];
  await fenceBuckets(space.redis.client, space.keys, 8);
  const late = [changeOf('contested', 5), changeOf('untouched', 5)];
  expect(await apply(late, leadershipOf(100))).toEqual({ made: 0, refused: 2 });
  expect((await written('contested')).desired).toBe(3);
  expect((await written('untouched')).desired).toBeUndefined();
  expect(await counted('scalingDecisions')).toBe(madeBefore);
  expect(await counted('decisionsRefused')).toBe(refusedBefore + 2);
  expect(await apply([changeOf('contested', 4)], leadershipOf(2, 8))).toEqual({ made: 1, refused: 0 });
  expect((await written('contested')).desired).toBe(4);
});

it('stops at the first refusal: what comes after is not even recorded', async () => {
  const changes = Array.from({ length: 1_500 }, (_, i) => changeOf(`many-${i}`, 2));
  expect(await apply(changes, leadershipOf(100))).toEqual({ made: 0, refused: 1_000 });
  expect((await written('many-1499')).rows).toBe(0);
});
