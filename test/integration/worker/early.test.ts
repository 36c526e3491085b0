import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';
import { until } from '../../support/until.js';
import type { TestLane } from './support.js';
import { openTestLane } from './support.js';

let space: FleetSpace;
let lane: TestLane;
let starts = 0;

beforeAll(async () => {
  space = await openFleetSpace();
  lane = openTestLane(space, {
    tenantId: 'hasty',
    handler: async () => {
      starts++;
      return {};
    },
  });
});
afterAll(async () => {
  await lane?.close();
  await space?.close();
});

/** A job that the ledger wants later and that Redis hands out now, as one that a fast clock promoted. */
async function submitEarly(delayMs: number): Promise<string> {
  const job = newJob({ tenantId: 'hasty', state: 'queued', delayMs });
  await insertJobs(space.postgres.db, [job]);
  const queued = { id: job.id, task: job.task, data: {}, queuePriority: 10, maxAttempts: 4, delayMs: 0 };
  await lane.queues.add([{ lane: lane.lane, job: queued }]);
  return job.id;
}

describe('a job that is handed out before its time', () => {
  it('goes back for the rest of it, and loses no attempt', async () => {
    const before = starts;
    const id = await submitEarly(3_600_000);
    const queue = lane.queues.queue(lane.lane);
    const due = await until('it is delayed again', async () => (await queue.getDelayed())[0] ?? null);
    expect(due.id).toBe(id);
    expect(due.attemptsMade).toBe(0);
    expect(due.delay).toBeGreaterThan(3_500_000);
    const history = await readJob(space.postgres.db, 'hasty', id);
    expect(history?.job).toMatchObject({ state: 'delayed', fence: 0, crashes: 0 });
    expect(history?.attempts).toEqual([]);
    expect(starts).toBe(before);
    await lane.queues.remove(lane.lane, id);
  });

  it('is held for the little that it came too early, and then runs', async () => {
    const id = await submitEarly(2_000);
    const { job } = await lane.reaches(id, 'completed');
    expect(job.fence).toBe(1);
    expect((job.startedAt?.getTime() ?? 0) - job.acceptedAt.getTime()).toBeGreaterThanOrEqual(999);
  });
});
