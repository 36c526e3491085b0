import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgetKeys } from '../../../apps/scaler/src/retain/forgetKeys.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

const log = createLogger('test', { level: 'silent' });
const leading = { fence: 1, holds: () => true };
const deposed = { fence: 1, holds: () => false };

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

async function keepKeys(scope: string, count: number, age: string): Promise<void> {
  await space.postgres.db.$client.query(
    `INSERT INTO idempotency_keys (scope, key, request_hash, seed, created_at, held_until)
     SELECT $1, n::text, 'hash', gen_random_uuid(), now() - $3::interval, now() FROM generate_series(1, $2) AS n`,
    [scope, count, age],
  );
}

async function scopesLeft(): Promise<string[]> {
  const { rows } = await space.postgres.db.$client.query<{ scope: string }>(
    'SELECT DISTINCT scope FROM idempotency_keys ORDER BY scope',
  );
  return rows.map(({ scope }) => scope);
}

it('deletes every idempotency key older than a day and no younger one, for as long as it leads', async () => {
  const { db } = space.postgres;
  await keepKeys('old', 5_001, '24 hours 1 minute');
  await keepKeys('young', 3, '23 hours 59 minutes');
  expect(await forgetKeys(deposed, db, log)).toBe(0);
  expect(await forgetKeys(leading, db, log)).toBe(5_001);
  expect(await scopesLeft()).toEqual(['young']);
});
