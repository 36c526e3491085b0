import { insertTenant, updateTenant } from '@sluice/fleet/postgres/queries/tenants';
import { readBuckets } from '@sluice/fleet/redis/commands/fleetTable';
import { writeWeights } from '@sluice/fleet/redis/commands/tenantEntry';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repairWeights } from '../../../apps/scaler/src/repair/repairWeights.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

const log = createLogger('test', { level: 'silent' });
const leading = { fence: 1, holds: () => true };

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

async function repair(leadership = leading): Promise<number> {
  const { postgres, redis, keys } = space;
  return repairWeights(leadership, { db: postgres.db, redis, keys, log });
}

async function weights(): Promise<Map<string, number>> {
  const buckets = await readBuckets(space.redis.client, space.keys, BUCKETS);
  return new Map(buckets.flatMap((bucket) => [...bucket.weights]).sort());
}

it('gives Redis the weights of the ledger, tells the workers once, and then has nothing to do', async () => {
  const { db } = space.postgres;
  for (const [id, weight] of [
    ['one', 1],
    ['three', 3],
    ['five', 5],
  ] as const) {
    await insertTenant(db, { id, name: id, weight, signingSecret: 'whsec_x' });
  }
  await writeWeights(space.redis.client, space.keys, new Map([['deleted', 9]]));
  expect(await repair({ fence: 1, holds: () => false })).toBe(0);
  expect(await repair()).toBe(3);
  expect(await weights()).toEqual(
    new Map([
      ['five', 5],
      ['three', 3],
    ]),
  );
  expect(await repair()).toBe(0);

  await updateTenant(db, 'five', { weight: 1 });
  expect(await repair()).toBe(1);
  expect(await weights()).toEqual(new Map([['three', 3]]));
});
