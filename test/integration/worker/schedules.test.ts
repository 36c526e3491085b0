import { deleteSchedule, insertSchedule } from '@sluice/fleet/postgres/queries/schedules';
import { createLaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import { occurrenceOf } from '@sluice/shared/domain/schedule';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newSchedule } from '../../support/newSchedule.js';
import { until } from '../../support/until.js';
import { plainQueue } from '../queue/support.js';
import type { TestLane, TestLaneOptions } from './support.js';
import { openTestLane } from './support.js';

describe('the jobs of a schedule', () => {
  let space: FleetSpace;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => space.close());

  const query = (text: string, values: unknown[] = []) => space.postgres.db.$client.query(text, values);
  const jobsOf = async (tenantId: string) =>
    (await query('SELECT * FROM jobs WHERE tenant_id = $1 ORDER BY id', [tenantId])).rows;

  async function open(options: TestLaneOptions): Promise<TestLane> {
    await query("INSERT INTO tenants (id, name, signing_secret) VALUES ($1, $1, '')", [options.tenantId]);
    const lane = openTestLane(space, options);
    closers.push(() => lane.close());
    await lane.worker;
    return lane;
  }

  /** Writes a schedule and makes it in Redis, as the producer does. */
  async function schedule(lane: TestLane, change: Parameters<typeof newSchedule>[0] = {}) {
    const wanted = newSchedule({ tenantId: lane.lane.tenantId, everyMs: 1_000, ...change });
    const inserted = await insertSchedule(space.postgres.db, wanted, 10);
    if (inserted.kind !== 'inserted') throw new Error(inserted.kind);
    const schedulers = createLaneSchedulers(space.redis.client, space.keys, lane.queues);
    await schedulers.make(inserted.row);
    return { row: inserted.row, schedulers };
  }

  it('run as the schedule says, again and again, each a job of the ledger in the order of its due time', async () => {
    const seen: unknown[] = [];
    const lane = await open({
      tenantId: 'again',
      handler: async (data) => {
        seen.push(data);
      },
    });
    const { row } = await schedule(lane, {
      role: 'admin',
      userId: 'ann',
      priority: 70,
      maxAttempts: 2,
      timeoutMs: 4_321,
      data: { note: 'of the schedule' },
    });
    const done = await until(
      'three runs are over',
      async () => {
        const jobs = await jobsOf('again');
        return jobs.length >= 3 && jobs.slice(0, 3).every(({ state }) => state === 'completed') && jobs.slice(0, 3);
      },
      60_000,
    );
    for (const job of done) {
      expect(job).toMatchObject({
        role: 'admin',
        user_id: 'ann',
        priority: 70,
        max_attempts: 2,
        timeout_ms: 4_321,
        data: { note: 'of the schedule' },
        queue_class: 'default',
        fence: 1,
      });
      const occurrence = occurrenceOf(job.queue_job_id);
      expect(occurrence?.scheduleId).toBe(row.id);
      expect(job.accepted_at.getTime()).toBe(occurrence?.dueMs);
      // Whole intervals after the schedule was made.
      expect(((occurrence?.dueMs ?? 0) - row.createdAt.getTime()) % 1_000).toBe(0);
    }
    const dues = done.map(({ queue_job_id }) => occurrenceOf(queue_job_id)?.dueMs ?? 0);
    expect(dues).toEqual([...dues].sort((a, b) => a - b));
    expect(new Set(dues).size).toBe(3);
    expect(seen[0]).toMatchObject({ note: 'of the schedule' });
  });

  it('are tried again after the delay that our policy decides, and the schedule goes on meanwhile', async () => {
    const tries = new Map<string, number>();
    const lane = await open({
      tenantId: 'retries',
      handler: async (_data, { jobId }) => {
        const before = tries.get(jobId) ?? 0;
        tries.set(jobId, before + 1);
        if (before === 0) throw new Error('the first try of each fails');
      },
    });
    await schedule(lane, { maxAttempts: 3 });
    const [first] = await until(
      'two jobs needed two tries',
      async () => {
        const jobs = (await jobsOf('retries')).filter(({ state }) => state === 'completed');
        return jobs.length >= 2 && jobs;
      },
      60_000,
    );
    expect(first).toMatchObject({ fence: 2, failures: 1 });
  });

  it('start beside one that takes longer than the interval', async () => {
    const release = new AbortController();
    let running = 0;
    const lane = await open({
      tenantId: 'overlap',
      concurrency: 2,
      handler: async () => {
        running++;
        await new Promise<void>((resolve) => {
          if (release.signal.aborted) resolve();
          release.signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
    });
    await schedule(lane, { timeoutMs: 60_000 });
    await until('two run at a time', () => running === 2, 60_000);
    release.abort();
  });

  it('do not pile up while the tenant has no room: one waits, and what came between is left out', async () => {
    const release = new AbortController();
    const lane = await open({
      tenantId: 'narrow',
      handler: () =>
        new Promise<void>((resolve) => release.signal.addEventListener('abort', () => resolve(), { once: true })),
    });
    const { row, schedulers } = await schedule(lane, { timeoutMs: 60_000 });
    const queue = plainQueue(lane.lane, space.redis, space.keys);
    closers.push(() => queue.close());
    await until('one runs', async () => (await jobsOf('narrow')).length === 1, 60_000);
    const [dueMs] = await schedulers.nextRuns([row]);
    await until('two more would have been due', () => Date.now() > (dueMs ?? 0) + 2_000, 60_000);
    const { delayed = 0, prioritized = 0, active = 0 } = await queue.getJobCounts('delayed', 'prioritized', 'active');
    expect([delayed + prioritized, active]).toEqual([1, 1]);
    release.abort();
  });

  it('do not run when the schedule is gone, though Redis still makes them', async () => {
    let runs = 0;
    const lane = await open({
      tenantId: 'gone',
      handler: async () => {
        runs++;
      },
    });
    const { row, schedulers } = await schedule(lane);
    await until('it ran', () => runs > 0, 60_000);
    await deleteSchedule(space.postgres.db, 'gone', row.id);
    const [before = null] = await schedulers.nextRuns([row]);
    await until(
      'Redis made two more',
      async () => ((await schedulers.nextRuns([row]))[0] ?? 0) > (before ?? 0) + 1_000,
      60_000,
    );
    await until('what came was put aside', async () => {
      const counts = await lane.queues.counts(lane.lane);
      return counts.active === 0;
    });
    const jobs = await jobsOf('gone');
    expect(jobs.every(({ queue_job_id }) => (occurrenceOf(queue_job_id)?.dueMs ?? 0) <= (before ?? 0))).toBe(true);
    expect(runs).toBe(jobs.length);
    await schedulers.remove(row);
    expect(await schedulers.nextRuns([row])).toEqual([null]);
  });

  it('run once for each due time, also when Redis forgets that one ran', async () => {
    const seen: string[] = [];
    const lane = await open({
      tenantId: 'once',
      handler: async (_data, { jobId }) => {
        seen.push(jobId);
      },
    });
    const { row, schedulers } = await schedule(lane);
    const [ran] = await until(
      'one is over',
      async () => {
        const jobs = (await jobsOf('once')).filter(({ state }) => state === 'completed');
        return jobs.length > 0 && jobs;
      },
      60_000,
    );
    await schedulers.remove(row);
    const queue = plainQueue(lane.lane, space.redis, space.keys);
    closers.push(() => queue.close());
    await until('BullMQ has finished it', async () => (await queue.remove(ran.queue_job_id)) === 1);
    await queue.add('system.probe', {}, { jobId: ran.queue_job_id });
    await until('it is finished again', async () => (await queue.getJobState(ran.queue_job_id)) === 'completed');
    expect(seen.filter((id) => id === ran.id)).toEqual([ran.id]);
  });

  it('of another tenant or class are not taken by a forged id, and a plain scheduler is left to its client', async () => {
    const seen: string[] = [];
    const lane = await open({
      tenantId: 'forger',
      handler: async ({ note }) => {
        seen.push(note ?? '');
      },
    });
    await query("INSERT INTO tenants (id, name, signing_secret) VALUES ('victim', 'victim', '')");
    const theirs = newSchedule({ tenantId: 'victim', data: { note: 'secret' } });
    await insertSchedule(space.postgres.db, theirs, 10);
    const ours = newSchedule({ tenantId: 'forger', queueClass: 'exports', data: { note: 'other class' } });
    await insertSchedule(space.postgres.db, ours, 10);
    const queue = plainQueue(lane.lane, space.redis, space.keys);
    closers.push(() => queue.close());
    for (const id of [theirs.id, ours.id, newId()]) {
      await queue.add('system.probe', { note: 'forged' }, { jobId: `repeat:sluice-${id}:1700000000000` });
    }
    await queue.upsertJobScheduler('mine', { every: 3_600_000 }, { name: 'system.probe', data: { note: 'plain' } });
    await until('the plain one ran', () => seen.length > 0);
    await until('nothing waits', async () => {
      const { waiting, active } = await lane.queues.counts(lane.lane);
      return waiting + active === 0;
    });
    expect(seen).toEqual(['plain']);
    expect((await jobsOf('forger')).map(({ data }) => data)).toEqual([{ note: 'plain' }]);
  });
});
