import { listScalingDecisions } from '@sluice/shared/postgres/queries/scalingDecisions';
import { readFleetTable } from '@sluice/shared/redis/commands/fleetTable';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyChanges } from '../../../apps/scaler/src/act/applyChanges.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

/** A leadership that ends after so many questions. */
function leadershipOf(answers: number) {
  let left = answers;
  return { fence: 7, holds: () => left-- > 0 };
}

async function apply(tenantId: string, answers: number): Promise<number> {
  const figures = { previous: null, desired: 3, change: 'grow', reason: 'because', waiting: 25, active: 0 } as const;
  const { redis, keys, postgres } = space;
  return applyChanges([{ tenantId, ...figures }], leadershipOf(answers), { db: postgres.db, redis, keys });
}

async function written(tenantId: string): Promise<{ rows: number; desired: number | undefined }> {
  const decisions = await listScalingDecisions(space.postgres.db, 100);
  const { desired } = await readFleetTable(space.redis.client, space.keys);
  return { rows: decisions.filter((one) => one.tenantId === tenantId).length, desired: desired.get(tenantId) };
}

it('writes the reason and then the number under the fence of the leader', async () => {
  expect(await apply('led', 2)).toBe(1);
  expect(await written('led')).toEqual({ rows: 1, desired: 3 });
  expect((await listScalingDecisions(space.postgres.db, 1))[0]).toMatchObject({ leaderFence: 7, reason: 'because' });
});

it('writes nothing when it was deposed before, and no number when it was deposed in between', async () => {
  expect(await apply('before', 0)).toBe(0);
  expect(await written('before')).toEqual({ rows: 0, desired: undefined });
  expect(await apply('between', 1)).toBe(0);
  expect(await written('between')).toEqual({ rows: 1, desired: undefined });
});
