import { cancelJob } from '@sluice/fleet/postgres/queries/cancelJob';
import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { fillAdoptedJobs } from '@sluice/fleet/postgres/queries/fillAdoptedJobs';
import { findUnqueued } from '@sluice/fleet/postgres/queries/findUnqueued';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { markQueued } from '@sluice/fleet/postgres/queries/markQueued';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { redriveJob } from '@sluice/fleet/postgres/queries/redriveJob';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { readUnchangedJobs } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

function settlement(id: string, fence: number, change: Partial<Settlement> = {}): Settlement {
  return {
    id,
    fence,
    state: 'completed',
    outcome: 'completed',
    result: { ok: true },
    error: null,
    retryInMs: null,
    death: null,
    ...change,
  };
}

async function accepted(change: Partial<NewJob> = {}): Promise<string> {
  const job = newJob({ data: { note: 'x' }, ...change });
  await insertJobs(space.postgres.db, [job]);
  return job.id;
}

const claimOne = async (id: string, workerId = 'w1') =>
  (await claimJobs(space.postgres.db, [{ id, tenantId: 'acme', workerId }]))[0];

describe('insertJobs', () => {
  it('says of each job whether it is new, known by id, or a duplicate by dedupeKey', async () => {
    const first = newJob({ dedupeKey: 'nightly' });
    const twin = newJob({ dedupeKey: 'nightly' });
    const fresh = newJob();
    expect(await insertJobs(space.postgres.db, [first])).toEqual([{ kind: 'inserted' }]);
    expect(await insertJobs(space.postgres.db, [first, twin, fresh])).toEqual([
      { kind: 'known' },
      { kind: 'duplicate', jobId: first.id },
      { kind: 'inserted' },
    ]);
  });

  it('frees a dedupeKey when its job is over', async () => {
    const id = await accepted({ dedupeKey: 'once' });
    await cancelJob(space.postgres.db, 'acme', id);
    expect(await insertJobs(space.postgres.db, [newJob({ dedupeKey: 'once' })])).toEqual([{ kind: 'inserted' }]);
  });
});

describe('claimJobs and settleJobs', () => {
  it('fences a zombie: only the latest attempt can write an outcome', async () => {
    const id = await accepted();
    expect((await claimOne(id, 'zombie'))?.fence).toBe(1);
    expect(await claimOne(id, 'heir')).toMatchObject({ fence: 2, crashes: 1 });
    expect(await settleJobs(space.postgres.db, [settlement(id, 1, { result: 'zombie' })])).toEqual([false]);
    expect(await settleJobs(space.postgres.db, [settlement(id, 2, { result: 'heir' })])).toEqual([true]);
    const history = await readJob(space.postgres.db, 'acme', id);
    expect(history?.job).toMatchObject({ state: 'completed', result: 'heir' });
    expect(history?.attempts.map(({ outcome, workerId }) => [outcome, workerId])).toEqual([
      ['lost', 'zombie'],
      ['completed', 'heir'],
    ]);
  });

  it('answers a claim of a job that is over with its outcome, and starts nothing', async () => {
    const id = await accepted();
    await claimOne(id);
    await settleJobs(space.postgres.db, [settlement(id, 1)]);
    expect(await claimOne(id)).toMatchObject({ state: 'completed', fence: 1, result: { ok: true } });
    expect((await readJob(space.postgres.db, 'acme', id))?.attempts).toHaveLength(1);
  });

  it('takes back the start of a job that was given back before it ran, unless an earlier attempt did run', async () => {
    const id = await accepted();
    const givenBack = { state: 'queued', outcome: 'released', neverRan: true, result: null } as const;
    const jobOf = async () => (await readJob(space.postgres.db, 'acme', id))?.job;
    for (const fence of [1, 2]) {
      expect(await claimOne(id)).toMatchObject({ fence, isFirstStart: true });
      expect((await jobOf())?.startedAt).not.toBeNull();
      expect(await settleJobs(space.postgres.db, [settlement(id, fence, givenBack)])).toEqual([true]);
      expect(await jobOf()).toMatchObject({ state: 'queued', startedAt: null });
    }
    const retry = { state: 'retrying', outcome: 'failed', retryInMs: 0, result: null } as const;
    expect(await claimOne(id)).toMatchObject({ fence: 3, isFirstStart: true });
    const startedAt = (await jobOf())?.startedAt;
    await settleJobs(space.postgres.db, [settlement(id, 3, retry)]);
    expect(await claimOne(id)).toMatchObject({ fence: 4, isFirstStart: false });
    await settleJobs(space.postgres.db, [settlement(id, 4, givenBack)]);
    expect(await jobOf()).toMatchObject({ state: 'queued', startedAt });
  });

  it('dates the first start by the latest try of a claim whose answer was lost', async () => {
    const id = await accepted();
    await claimOne(id);
    const { db } = space.postgres;
    await db.$client.query(
      `UPDATE jobs SET started_at = now() - interval '1 minute', attempt_started_at = now() - interval '1 minute' WHERE id = $1`,
      [id],
    );
    const [claimed] = await claimJobs(db, [{ id, tenantId: 'acme', workerId: 'w1', again: true }]);
    expect(claimed).toMatchObject({ fence: 2, crashes: 0, isFirstStart: true });
  });

  it('claims nothing of another tenant', async () => {
    const id = await accepted();
    expect(await claimJobs(space.postgres.db, [{ id, tenantId: 'other', workerId: 'w1' }])).toEqual([null]);
    expect((await readJob(space.postgres.db, 'acme', id))?.job.fence).toBe(0);
  });

  it('counts failures but not deferrals or releases, and keeps a death with its job', async () => {
    const id = await accepted();
    const error = { code: 'attempt_failed', message: 'boom' };
    const ends: Partial<Settlement>[] = [
      { state: 'retrying', outcome: 'failed', error, retryInMs: 1_000 },
      { state: 'retrying', outcome: 'deferred', error, retryInMs: 1_000 },
      { state: 'queued', outcome: 'released' },
      { state: 'dead', outcome: 'failed', error, death: { category: 'exhausted', severity: 'high' } },
    ];
    for (const end of ends) {
      const claimed = await claimOne(id);
      await settleJobs(space.postgres.db, [settlement(id, claimed?.fence ?? 0, { result: null, ...end })]);
    }
    const history = await readJob(space.postgres.db, 'acme', id);
    expect(history?.job).toMatchObject({ state: 'dead', failures: 2, deferrals: 1, crashes: 0, error });
    expect(history?.deaths).toMatchObject([{ category: 'exhausted', attempts: 4, redrivenAt: null }]);
    expect(history?.attempts[0]?.retryAt).not.toBeNull();
  });

  it('settles many jobs in one commit and says which were taken', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => accepted()));
    await claimJobs(
      space.postgres.db,
      ids.map((id) => ({ id, tenantId: 'acme', workerId: 'w1' })),
    );
    const taken = await settleJobs(
      space.postgres.db,
      ids.map((id, i) => settlement(id, i % 2 === 0 ? 1 : 7)),
    );
    expect(taken).toEqual(ids.map((_, i) => i % 2 === 0));
  });
});

describe('redriveJob', () => {
  it('takes a dead job back with new attempts, and no other job', async () => {
    const id = await accepted();
    await claimOne(id);
    expect(await redriveJob(space.postgres.db, 'acme', id)).toBeNull();
    const death = { category: 'permanent', severity: 'medium' } as const;
    const error = { code: 'upstream_refused', message: '404' };
    await settleJobs(space.postgres.db, [settlement(id, 1, { state: 'dead', outcome: 'failed', error, death })]);
    expect(await redriveJob(space.postgres.db, 'other', id)).toBeNull();
    expect(await redriveJob(space.postgres.db, 'acme', id)).toMatchObject({ id, delayMs: 0, data: { note: 'x' } });
    const history = await readJob(space.postgres.db, 'acme', id);
    expect(history?.job).toMatchObject({ state: 'accepted', failures: 0, fence: 1 });
    expect(history?.deaths[0]?.redrivenAt).not.toBeNull();
  });
});

describe('fillAdoptedJobs', () => {
  it('completes the row that a faster worker wrote, and never another row', async () => {
    const adopted = newJob({ durability: 'redis', state: 'queued' });
    const other = newJob();
    await insertJobs(space.postgres.db, [adopted, other]);
    const late = { userId: 'ann', role: 'owner', priority: 90, timeoutMs: 7_000 } as const;
    await fillAdoptedJobs(space.postgres.db, [
      { ...adopted, ...late },
      { ...other, ...late },
    ]);
    expect((await readJob(space.postgres.db, 'acme', adopted.id))?.job).toMatchObject(late);
    expect((await readJob(space.postgres.db, 'acme', other.id))?.job.userId).toBeNull();
  });
});

describe('findUnqueued', () => {
  it('finds what was accepted and never queued, with the delay that is left', async () => {
    const lost = await accepted({ delayMs: 60_000 });
    const queued = await accepted();
    await markQueued(space.postgres.db, [queued]);
    const found = await findUnqueued(space.postgres.db, 0, 1_000);
    const mine = found.filter(({ id }) => id === lost || id === queued);
    expect(mine.map(({ id }) => id)).toEqual([lost]);
    const [job] = await readUnchangedJobs(space.postgres.db, mine);
    expect(job?.delayMs).toBeGreaterThan(50_000);
  });
});
