import { cancelJob } from '@sluice/fleet/postgres/queries/cancelJob';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rebuildBuckets } from '../../../apps/scaler/src/recover/rebuildBuckets.js';
import { addLost, compareRows } from '../../../apps/scaler/src/recover/recoverRows.js';
import { sweepAll } from '../../../apps/scaler/src/recover/sweepAll.js';
import { unfinishedPages } from '../../../apps/scaler/src/recover/unfinishedPages.js';
import { deleteKeys } from '../../support/deleteKeys.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { writeQueuedJobs } from '../../support/writeJobs.js';

const ALL: ReadonlySet<number> = new Set(BUCKETS);
const ALWAYS = { holds: () => true };
const lane = { tenantId: 'acme', queueClass: 'default' } as const;

let space: FleetSpace;
let queues: LaneQueues;
beforeAll(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
});
beforeEach(async () => {
  await deleteKeys(space.redis.client, space.prefix);
  await space.postgres.db.$client.query('TRUNCATE jobs, redis_epochs');
});
afterAll(async () => {
  await queues.close();
  await space.close();
});

function parts(hasRoom = true) {
  const { redis, keys } = space;
  const workers = { refresh: async () => undefined, whereabouts: () => 'unknown' as const };
  return { db: space.postgres.db, redis, keys, queues, workers, hasRoom: async () => hasRoom };
}

async function allPages(rowsPerPage: number, buckets: ReadonlySet<number> = ALL): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of unfinishedPages(space.postgres.db, { buckets, rowsPerPage })) {
    pages.push(page.map(({ tenantId, id }) => `${tenantId} ${id}`));
  }
  return pages;
}

describe('the pages of unfinished jobs', () => {
  it.each([1, 7, 100, 1_000])(
    'name each job once, tenant by tenant and in order, in pages of %i',
    async (rowsPerPage) => {
      const tenants = Array.from({ length: 13 }, (_, index) => `tenant-${index}`);
      await writeQueuedJobs(space.postgres.db, { tenants, jobs: 120 });
      const { rows } = await space.postgres.db.$client.query<{ name: string }>(
        "SELECT tenant_id || ' ' || id AS name FROM jobs ORDER BY tenant_id, id",
      );
      const pages = await allPages(rowsPerPage);
      expect(pages.flat()).toEqual(rows.map(({ name }) => name));
      expect(pages.every((page) => page.length <= rowsPerPage)).toBe(true);
    },
  );

  it('are more than 500 tenants, and none where nothing is unfinished', async () => {
    expect(await allPages(100)).toEqual([]);
    const tenants = Array.from({ length: 1_203 }, (_, index) => `tenant-${index}`);
    await writeQueuedJobs(space.postgres.db, { tenants, jobs: 1_203 });
    expect(new Set((await allPages(100)).flat()).size).toBe(1_203);
    expect(await allPages(100, new Set())).toEqual([]);
  });
});

describe('adding what Redis does not hold', () => {
  it('leaves out a job that ended between the look at Redis and the look at the ledger', async () => {
    const [over = '', waits = ''] = await writeQueuedJobs(space.postgres.db, { tenants: ['acme'], jobs: 2 });
    for await (const rows of unfinishedPages(space.postgres.db, { rowsPerPage: 10 })) {
      await cancelJob(space.postgres.db, 'acme', over);
      const { lost } = await compareRows(rows, parts());
      expect(lost.map(({ job }) => job.id)).toEqual([waits]);
    }
  });

  it('by two at once adds each job once', async () => {
    await writeQueuedJobs(space.postgres.db, { tenants: ['acme', 'globex'], jobs: 3_000 });
    await Promise.all([1, 2].map(() => sweepAll(ALL, ALWAYS, parts(), () => undefined)));
    expect((await queues.counts(lane)).waiting).toBe(1_500);
    const again = await sweepAll(ALL, ALWAYS, parts(), () => undefined);
    expect(again).toEqual({ rows: 3_000, added: 0, undecided: 0, finished: true });
  });

  it('takes out a job that stands in no list, and adds it', async () => {
    const [id = ''] = await writeQueuedJobs(space.postgres.db, { tenants: ['acme'], jobs: 1 });
    await sweepAll(ALL, ALWAYS, parts(), () => undefined);
    await space.redis.client.del(queues.queue(lane).toKey('prioritized'));
    expect(await sweepAll(ALL, ALWAYS, parts(), () => undefined)).toMatchObject({ added: 1 });
    expect(await queues.position(lane, id)).toBe(1);
  });

  it('writes nothing without the right to, and nothing into a Redis without room', async () => {
    await writeQueuedJobs(space.postgres.db, { tenants: ['acme'], jobs: 10 });
    for await (const rows of unfinishedPages(space.postgres.db, { rowsPerPage: 10 })) {
      const compared = await compareRows(rows, parts());
      expect((await addLost(compared, { holds: () => false }, parts())).added).toEqual([]);
      await expect(addLost(compared, ALWAYS, parts(false))).rejects.toThrow(FleetError);
    }
    expect((await queues.counts(lane)).waiting).toBe(0);
  });
});

describe('a rebuild', () => {
  const rebuild = (onPage: () => void = () => undefined, restore: () => Promise<unknown> = async () => undefined) =>
    rebuildBuckets(ALL, ALWAYS, { ...parts(), restore: [restore], monotonicMs: () => performance.now(), onPage });
  const noted = async (): Promise<number> =>
    (await space.postgres.db.$client.query('SELECT 1 FROM redis_epochs')).rowCount ?? 0;

  it('is noted in the ledger when Redis still has what it was given, and not when it was emptied meanwhile', async () => {
    await writeQueuedJobs(space.postgres.db, { tenants: ['acme'], jobs: 10 });
    const empty = () => deleteKeys(space.redis.client, space.prefix);
    expect(await rebuild(undefined, empty)).toMatchObject({ lostAgain: 64 });
    expect(await noted()).toBe(0);
    expect(await rebuild()).toMatchObject({ lostAgain: 0, added: 10, finished: true });
    expect(await noted()).toBe(64);
  });

  it('is not noted when it or a step after it failed', async () => {
    await expect(rebuild(undefined, () => Promise.reject(new Error('no schedules')))).rejects.toThrow('no schedules');
    expect(await noted()).toBe(0);
  });
});
