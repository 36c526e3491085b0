import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { markQueued } from '@sluice/fleet/postgres/queries/markQueued';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { redriveJob } from '@sluice/fleet/postgres/queries/redriveJob';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import type { TestLane } from './support.js';
import { openTestLane } from './support.js';

let space: FleetSpace;
let lane: TestLane | null = null;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterEach(() => lane?.close());
afterAll(() => space.close());

describe('a job that is taken back to life', () => {
  it('runs again even while its death is still on its way to BullMQ', async () => {
    let noteMayGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      noteMayGo = resolve;
    });
    const opened = openTestLane(space, {
      tenantId: 'early',
      async handler(_data, { attempt }) {
        if (attempt === 1) throw new FleetError('upstream_refused', 'for good');
        return null;
      },
      async addDeadLetter(tenantId, note) {
        await held;
        await opened.queues.addDeadLetter(tenantId, note);
      },
    });
    lane = opened;
    const id = await opened.submit();
    await opened.reaches(id, 'dead');
    await redriveJob(space.postgres.db, 'early', id);
    const job = { id, task: 'system.probe', data: {}, queuePriority: 10, maxAttempts: 1, delayMs: 0 };
    await opened.queues.add([{ lane: opened.lane, job }]);
    await markQueued(space.postgres.db, [id]);
    noteMayGo();
    const { attempts } = await opened.reaches(id, 'completed');
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
    await until('no note of its death is left', async () => {
      const { waiting } = await opened.queues.counts({ tenantId: 'early', queueClass: 'dead_letters' });
      return waiting === 0;
    });
  });

  it('is retried for as long as the ledger says, whatever BullMQ has counted', async () => {
    lane = openTestLane(space, {
      tenantId: 'counted',
      async handler(_data, { attempt }) {
        if (attempt < 3) throw new Error('again');
        return null;
      },
    });
    const id = await lane.submit({ maxAttempts: 4 }, 1);
    const { attempts } = await lane.reaches(id, 'completed');
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'completed']);
  });
});

describe('a death whose process ended before it was noted', () => {
  it('is noted by the next claim as what it was, and the job does not run', async () => {
    const { db } = space.postgres;
    lane = openTestLane(space, { tenantId: 'unnoted', handler: () => Promise.reject(new Error('must not run')) });
    const { lane: name, queues } = lane;
    await (await lane.worker).close();
    const id = await lane.submit();
    await claimJobs(db, [{ id, tenantId: 'unnoted', workerId: 'gone' }]);
    const error = { code: 'upstream_refused', message: 'for good' };
    const death = { category: 'permanent', severity: 'medium' } as const;
    const end = {
      id,
      fence: 1,
      state: 'dead',
      outcome: 'failed',
      result: null,
      error,
      retryInMs: null,
      death,
    } as const;
    await settleJobs(db, [end]);
    lane = openTestLane(space, { tenantId: 'unnoted', handler: () => Promise.reject(new Error('must not run')) });
    const notes = queues.queue({ tenantId: 'unnoted', queueClass: 'dead_letters' });
    const note = await until('it is noted', () => notes.getJob(id));
    expect(note.data).toMatchObject({ category: 'permanent', error, attempts: 1 });
    await until('BullMQ has let go of it', async () => (await queues.queue(name).getJob(id)) === undefined);
    expect((await readJob(db, 'unnoted', id))?.attempts).toHaveLength(1);
    await queues.close();
  });
});
