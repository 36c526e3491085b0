import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newJob } from '../../support/newJob.js';
import type { ClientSpace } from './support.js';
import { openClientSpace } from './support.js';

describe("jobs of a tenant's other lanes", () => {
  let at: ClientSpace;
  beforeAll(async () => {
    at = await openClientSpace();
  });
  afterAll(() => at.close());

  it('are told by their own lane, and by the id that a plain client gave them there', async () => {
    await at.tenant('lanes', {});
    const { fleet } = at;
    const lane = { tenantId: 'lanes', queueClass: 'default' } as const;
    async function add(queueJobId: string | null): Promise<string> {
      const row = newJob({ ...lane, queueJobId, state: 'queued' });
      await insertJobs(at.space.postgres.db, [row]);
      const job = { id: queueJobId ?? row.id, task: row.task, data: {}, queuePriority: 10, maxAttempts: 1, delayMs: 0 };
      await fleet.lanes.add([{ lane, job }]);
      return row.id;
    }
    const first = await add(null);
    const second = await add('chosen-by-a-plain-client');
    const admin = at.client('lanes', { user: 'eve', role: 'admin' });
    expect([await admin.position(first), await admin.position(second)]).toEqual([1, 2]);
    expect(await admin.status(second)).toMatchObject({ id: second, state: 'queued', position: 2 });
    expect((await admin.status(first)).estimatedWaitMs).not.toBeNull();
  });
});
