import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteKeys } from '../support/deleteKeys.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { HttpClient } from '../support/httpClient.js';
import { until } from '../support/until.js';

interface ShownJob {
  readonly id: string;
  readonly state: string;
  readonly scheduleId: string | null;
}

describe('a schedule in a fleet of real processes', () => {
  let fleet: Fleet;
  let tenant: HttpClient;
  beforeAll(async () => {
    fleet = await startFleet();
    tenant = await fleet.tenant('acme');
    await fleet.start('worker');
  });
  afterAll(() => fleet.close());

  const completed = async (scheduleId: unknown): Promise<ShownJob[]> => {
    const { jobs } = await tenant.expect(200, 'GET', '/api/v1/jobs?state=completed&limit=200');
    return (jobs as ShownJob[]).filter((job) => job.scheduleId === scheduleId);
  };

  it('runs, comes back after Redis was emptied, and ends when it is deleted', async () => {
    const body = { task: 'system.probe', data: {}, everyMs: 1_000 };
    const { id } = await tenant.expect(201, 'POST', '/api/v1/schedules', body);
    const path = `/api/v1/schedules/${id}`;
    await until('it ran twice', async () => (await completed(id)).length >= 2, 60_000);
    const { lastJob } = await tenant.expect(200, 'GET', path);
    expect(lastJob).toMatchObject({ scheduleId: id, task: 'system.probe' });

    await deleteKeys(fleet.space.redis.client, fleet.space.prefix);
    const before = (await completed(id)).length;
    expect(await tenant.expect(200, 'GET', path)).toMatchObject({ nextRunAt: null });
    // Whoever comes to lead looks at once.
    await fleet.start('scaler');
    await until('it ran again', async () => (await completed(id)).length > before + 1, 60_000);

    expect((await tenant.call('DELETE', path)).status).toBe(204);
    expect((await tenant.call('GET', path)).status).toBe(404);
    const queued = await until('nothing of it waits', async () => {
      const { jobs } = await tenant.expect(200, 'GET', '/api/v1/jobs?limit=200');
      return (jobs as ShownJob[]).every(({ state }) => state === 'completed') && (jobs as ShownJob[]);
    });
    expect(queued.every(({ scheduleId }) => scheduleId === id)).toBe(true);
  });
});
