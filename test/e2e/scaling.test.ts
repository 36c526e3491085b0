import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

describe('scaling', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500', SCALER_STABILISATION_MS: '1000' });
    await fleet.start('worker');
    await fleet.start('worker');
  });
  afterAll(() => fleet.close());

  async function desired(tenant: string): Promise<number | undefined> {
    return (await readFleetTable(fleet.space.redis.client, fleet.space.keys)).desired.get(tenant);
  }

  it('gives a tenant with 60 waiting jobs 5 workers, takes it back to 1, and leaves another at 1', async () => {
    const busy = await fleet.tenant('busy');
    const calm = await fleet.tenant('calm');
    const job = { task: 'system.probe', data: { sleepMs: 1_000 } };
    await calm.expect(202, 'POST', '/api/v1/jobs', job);
    await busy.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: 60 }, () => job) });

    await until('the tenant has 5 slots', async () => (await desired('busy')) === 5);
    const running = await until('5 of its jobs run at once', async () => {
      const { counts } = (await busy.expect(200, 'GET', '/api/v1/queue')) as {
        counts: { byState: { active?: number } };
      };
      return (counts.byState.active ?? 0) >= 5 ? 5 : null;
    });
    expect(running).toBe(5);

    await until('its queue is empty and it is back at 1', async () => (await desired('busy')) === 1);
    expect(await desired('calm')).toBe(1);
    const { rows } = await fleet.space.postgres.db.$client.query<{ desired: number; reason: string }>(
      "SELECT desired, reason FROM scaling_decisions WHERE tenant_id = 'busy' ORDER BY id",
    );
    expect(Math.max(...rows.map((row) => row.desired))).toBe(5);
    expect(rows.at(-1)?.desired).toBe(1);
    expect(rows.every((row) => row.reason.includes('waiting'))).toBe(true);
    const calmRows = await fleet.space.postgres.db.$client.query<{ desired: number }>(
      "SELECT desired FROM scaling_decisions WHERE tenant_id = 'calm'",
    );
    expect(calmRows.rows.every((row) => row.desired === 1)).toBe(true);
  });
});
