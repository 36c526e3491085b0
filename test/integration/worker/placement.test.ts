import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { bucketOf } from '@sluice/shared/domain/lane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTEMPTS } from '../../support/attempts.js';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import type { HttpClient } from '../../support/httpClient.js';
import { until, untilDrained } from '../../support/until.js';

const SLOTS = 5;
const QUICK = { SLOT_LEASE_MS: '2000', WORKER_HEARTBEAT_MS: '2000', JOB_LOCK_MS: '2000', STALLED_CHECK_MS: '500' };

interface Attempt {
  readonly job: string;
  readonly number: number;
  readonly worker: string;
  readonly outcome: string | null;
}

describe('the share of a worker process', () => {
  let fleet: Fleet;
  const tenants: { readonly id: string; readonly client: HttpClient }[] = [];
  beforeAll(async () => {
    fleet = await startFleet(QUICK);
    for (let i = 0; i < 4; i++) tenants.push({ id: `share-${i}`, client: await fleet.tenant(`share-${i}`) });
    const desired = new Map(tenants.map(({ id }) => [id, SLOTS]));
    await writeDesiredSlots(fleet.space.redis.client, fleet.space.keys, desired, 1);
  });
  afterAll(() => fleet.close());

  async function submitAll(count: number, sleepMs: number): Promise<void> {
    const job = { task: 'system.probe', data: { sleepMs } };
    for (const { client } of tenants)
      await client.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: count }, () => job) });
  }

  async function attempts(worker?: string): Promise<Attempt[]> {
    const { rows } = await fleet.space.postgres.db.$client.query<Attempt>(
      `SELECT job_id AS job, number, split_part(worker_id, '~', 1) AS worker, outcome FROM ${ATTEMPTS}
       WHERE $1::text IS NULL OR split_part(worker_id, '~', 1) = $1`,
      [worker ?? null],
    );
    return rows;
  }

  async function unfinished(): Promise<number> {
    const text = 'SELECT count(*)::int AS left FROM jobs WHERE finished_at IS NULL';
    return (await fleet.space.postgres.db.$client.query<{ left: number }>(text)).rows[0]?.left ?? 0;
  }

  /** Leases that a worker holds now, by `tenant:number`. */
  async function leasesOf(worker: string): Promise<string[]> {
    const found = await Promise.all(
      [...new Set(tenants.map(({ id }) => bucketOf(id)))].map(async (bucket) =>
        Object.entries(await fleet.space.redis.client.hgetall(fleet.space.keys.slots(bucket))),
      ),
    );
    const mine = (lease: string) =>
      Number(lease.split(' ')[0]) > Date.now() && lease.split(' ')[1]?.split('~')[0] === worker;
    return found.flat().flatMap(([slot, lease]) => (mine(lease) ? [slot] : []));
  }

  function report(what: string, sinceMs: number): void {
    process.stderr.write(`${what}: ${Math.round(performance.now() - sinceMs)} ms\n`);
  }

  it('follows who is there: one that comes takes some, one that leaves or dies is replaced, and no job is interrupted', async () => {
    await fleet.start('worker', { WORKER_ID: 'first' });
    // Some 15 s of work: a process takes seconds to start on a busy machine.
    await submitAll(240, 300);
    await until('the first holds every slot', async () => (await leasesOf('first')).length === tenants.length * SLOTS);

    let sinceMs = performance.now();
    const second = await fleet.start('worker', { WORKER_ID: 'second' });
    report('spawned -> ready', sinceMs);
    sinceMs = performance.now();
    await until('the second runs jobs', async () => (await attempts('second')).length > 0);
    report('ready -> its first job', sinceMs);
    // Both have the same capacity: at most 1.25 times the half of 20 slots, rounded up.
    const share = await until('the first gave up a share', async () => {
      const [one, two] = [await leasesOf('first'), await leasesOf('second')];
      return one.length <= 13 && two.length >= 7 && two.length <= 13 ? { one, two } : null;
    });
    expect(share.one.filter((slot) => share.two.includes(slot))).toEqual([]);

    sinceMs = performance.now();
    const left = second.stop();
    await until('the first has every slot again', async () => (await leasesOf('first')).length === 20);
    report('SIGTERM -> every slot handed over (jobs of 300 ms)', sinceMs);
    expect(await left).toBe(0);
    expect((await attempts()).filter(({ number, outcome }) => number > 1 || outcome === 'released')).toEqual([]);

    const third = await fleet.start('worker', { WORKER_ID: 'third' });
    await submitAll(60, 300);
    await until('the third holds slots', async () => (await leasesOf('third')).length >= 7);
    sinceMs = performance.now();
    third.kill('SIGKILL');
    await until('the first covers for it', async () => (await leasesOf('first')).length === 20);
    report('SIGKILL -> every slot held by another (lease 2 s)', sinceMs);
  });

  it('leaves a long job alone that runs in a process that ends, while its idle slots go to another', async () => {
    // Where a slot falls depends on the random part of a process's name: of the few slots of one tenant, now and then all fall to one.
    const patient: HttpClient[] = [];
    for (let i = 0; i < 3; i++) patient.push(await fleet.tenant(`long-${i}`));
    const desired = new Map(patient.map((_, i) => [`long-${i}`, SLOTS]));
    await writeDesiredSlots(fleet.space.redis.client, fleet.space.keys, desired, 1);
    await untilDrained('the queues are empty', unfinished);
    const heir = await fleet.start('worker', { WORKER_ID: 'heir' });
    // The others place slots on it once they have heard that it lives.
    await submitAll(20, 100);
    await until('it has slots', async () => (await leasesOf('heir')).length > 0);
    await untilDrained('all have run', unfinished);
    const long = { task: 'system.probe', data: { sleepMs: 8_000 } };
    const jobs = Array.from({ length: SLOTS }, () => long);
    const accepted = await Promise.all(
      patient.map((client) => client.expect(207, 'POST', '/api/v1/jobs/batch', { jobs })),
    );
    const ids = (accepted as { results: { id: string }[] }[]).flatMap(({ results }) => results.map(({ id }) => id));
    const running = await until('all run', async () => {
      const seen = (await attempts()).filter(({ job }) => ids.includes(job));
      return seen.length === ids.length ? seen : null;
    });
    const busy = running.filter(({ worker }) => worker === 'heir').length;
    expect(busy).toBeGreaterThan(0);
    await submitAll(30, 500);
    await until('it runs short ones as well', async () => (await leasesOf('heir')).length > 0);
    const sinceMs = performance.now();
    const left = heir.stop();
    await until('each slot goes to another with its last job', async () => (await leasesOf('heir')).length === 0);
    report('SIGTERM -> slots of jobs of 500 ms handed over', sinceMs);
    const still = (await attempts('heir')).filter(({ job, outcome }) => ids.includes(job) && outcome === null);
    expect(still).toHaveLength(busy);
    expect(await left).toBe(0);
    const ended = await until('the long ones ended', async () => {
      const seen = (await attempts()).filter(({ job }) => ids.includes(job));
      return seen.every(({ outcome }) => outcome === 'completed') ? seen : null;
    });
    expect(ended.map(({ number }) => number)).toEqual(ids.map(() => 1));
    expect(ended.filter(({ worker }) => worker === 'heir')).toHaveLength(busy);
  });
});
