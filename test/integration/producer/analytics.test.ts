import { firstIdAt } from '@sluice/fleet/postgres/queries/analyseJobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { openProducer } from './support.js';

const BEGIN_MS = Date.UTC(2026, 0, 5, 12);
const MINUTE_MS = 60_000;
const at = (minutes: number): Date => new Date(BEGIN_MS + minutes * MINUTE_MS);
const range = (from: number, to: number): string => `from=${at(from).toISOString()}&to=${at(to).toISOString()}`;

let made = 0;

/** An id of ours of that moment. */
function idAt(ms: number): string {
  return firstIdAt(ms).slice(0, -12) + String(++made).padStart(12, '0');
}

interface Course {
  readonly id?: string;
  readonly task?: string;
  readonly state: string;
  /** Minutes since the beginning. */
  readonly accepted: number;
  readonly started?: number;
  readonly finished?: number;
  /** Attempts before the one that the job's row tells of, and what they came to; the last one is a dead job's. */
  readonly attempts?: readonly { readonly outcome: string; readonly from: number; readonly to: number }[];
  /** When it was due, if later than accepted. */
  readonly due?: number;
}

/** Attempts one after another, each from one of these minutes to the next. */
function tries(outcome: string, ...minutes: readonly number[]): NonNullable<Course['attempts']> {
  return minutes.slice(1).map((to, index) => ({ outcome, from: minutes[index] ?? to, to }));
}

interface Point {
  readonly accepted: number;
  readonly started: number;
  readonly completed: number;
  readonly waiting: number;
  readonly underWay: number;
  readonly retries: number;
  readonly busyShare: number | null;
  readonly bottleneck: { readonly kind: string };
}

describe('analytics', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme', 'viewer');
    await producer.user('globex');
  });
  afterAll(() => producer.close());

  const query = (text: string, values: readonly unknown[]) =>
    producer.space.postgres.db.$client.query(text, [...values]);

  async function write(tenant: string, course: Course): Promise<void> {
    const { accepted, started, finished, due = accepted, attempts = [] } = course;
    const id = course.id ?? idAt(at(accepted).getTime());
    const task = course.task ?? 'system.probe';
    const isDone = course.state === 'completed';
    const lastStart = attempts.map(({ from, to }) => (isDone ? to : from)).at(-1) ?? started;
    await query(
      `INSERT INTO jobs (id, tenant_id, role, task, queue_class, state, priority, data, max_attempts, timeout_ms, durability,
         fence, accepted_at, queued_at, ranked_since, started_at, attempt_started_at, finished_at, updated_at)
       VALUES ($1, $2, 'member', $3, 'default', $4, 50, '{}', 4, 1000, 'ledger', $5, $6, $6, $7, $8, $9, $10, $11)`,
      [
        ...[id, tenant, task, course.state, attempts.length + (isDone ? 1 : 0), at(accepted), at(due)],
        ...[started, lastStart, finished].map((minutes) => (minutes === undefined ? null : at(minutes))),
        at(finished ?? started ?? accepted),
      ],
    );
    for (const [index, { outcome, from, to }] of attempts.entries()) {
      await query(
        `INSERT INTO attempts (job_id, number, tenant_id, worker_id, started_at, finished_at, outcome)
         VALUES ($1, $2, $3, 'w1', $4, $5, $6)`,
        [id, index + 1, tenant, at(from), at(to), outcome],
      );
    }
    if (course.state !== 'dead') return;
    await query(
      `INSERT INTO dead_letters (job_id, tenant_id, task, category, severity, error, attempts, died_at)
       VALUES ($1, $2, $3, 'exhausted', 'high', '{}', 4, $4)`,
      [id, tenant, task, at(finished ?? 0)],
    );
  }

  it('tells lengths, waits, success, retries and service of each step, and of all', async () => {
    await write('acme', { state: 'completed', accepted: -30, started: 0.5, finished: 2 });
    const once = [{ outcome: 'failed', from: 1, to: 1.5 }];
    await write('acme', { state: 'completed', accepted: 0, started: 1, finished: 3, attempts: once });
    await write('acme', { state: 'completed', accepted: 0.5, due: 1.5, started: 1.6, finished: 1.7 });
    await write('acme', {
      state: 'dead',
      accepted: 1,
      started: 2,
      finished: 4,
      attempts: tries('failed', 2, 2.5, 3, 3.5, 4),
    });
    await write('acme', { state: 'queued', accepted: 3 });
    await write('acme', { state: 'completed', accepted: -100, started: -90, finished: -80 });
    await write('acme', { state: 'completed', accepted: 20, started: 21, finished: 22 });
    await write('globex', { state: 'completed', accepted: 0, started: 1, finished: 2 });

    const answer = await acme.expect(200, 'GET', `/api/v1/analytics?${range(0, 5)}&step=1m`);
    const points = answer.points as Point[];
    expect(points.map(({ accepted }) => accepted)).toEqual([2, 1, 0, 1, 0]);
    expect(points.map(({ started }) => started)).toEqual([1, 2, 1, 0, 0]);
    expect(points.map(({ completed }) => completed)).toEqual([0, 1, 1, 1, 0]);
    // The delayed job waits from when it is due.
    expect(points.map(({ waiting }) => waiting)).toEqual([1, 1, 0, 1, 1]);
    expect(points.map(({ underWay }) => underWay)).toEqual([1, 2, 2, 1, 0]);
    expect(answer).toMatchObject({
      stepMs: MINUTE_MS,
      isWhole: true,
      total: {
        accepted: 4,
        started: 4,
        completed: 3,
        dead: 1,
        retries: 4,
        successRate: 0.75,
        waitMs: { p50: MINUTE_MS, avg: ((30.5 + 1 + 0.1 + 1) / 4) * MINUTE_MS },
        serviceMs: { p50: 1.5 * MINUTE_MS },
      },
      bottleneck: { kind: 'failures' },
    });
  });

  it('tells the same of one task, and all tasks beside each other', async () => {
    await write('globex', { task: 'exports.jobs_csv', state: 'completed', accepted: 100, started: 100, finished: 101 });
    const attempts = tries('deferred', ...Array.from({ length: 10 }, (_, i) => 100 + i));
    await write('globex', { state: 'retrying', accepted: 100, started: 100, attempts });
    const globex = await producer.user('globex');
    const all = await globex.expect(200, 'GET', `/api/v1/analytics?${range(99, 110)}`);
    expect(all.byTask).toMatchObject([
      { task: 'exports.jobs_csv', completed: 1, bottleneck: { kind: 'none' } },
      { task: 'system.probe', completed: 0, retries: 9, bottleneck: { kind: 'upstream' } },
    ]);
    const one = await globex.expect(200, 'GET', `/api/v1/analytics?${range(99, 110)}&task=exports.jobs_csv`);
    expect(one.total).toMatchObject({ accepted: 1, retries: 0 });
  });

  it('tells each attempt when it was, whatever became of its job later', async () => {
    const redriven = await producer.user('redriven');
    const ask = async () => {
      const answer = await redriven.expect(200, 'GET', `/api/v1/analytics?${range(0, 5)}&step=1m`);
      return (answer.points as Point[]).map(({ retries }) => retries);
    };
    const id = idAt(at(0).getTime());
    const attempts = [...tries('failed', 0.1, 1.2), ...tries('deferred', 1.3, 2.2), ...tries('failed', 2.3, 3.2)];
    await write('redriven', { id, state: 'dead', accepted: 0, started: 0.1, finished: 3.2, attempts });
    // The last failure is its death.
    expect(await ask()).toEqual([0, 1, 1, 0, 0]);
    await redriven.expect(202, 'POST', `/api/v1/jobs/${id}/retry`);
    expect(await ask()).toEqual([0, 1, 1, 0, 0]);
    // As of an attempt that ended now.
    await query('UPDATE jobs SET failures = 3, updated_at = $2 WHERE id = $1', [id, at(4.5)]);
    expect(await ask()).toEqual([0, 1, 1, 0, 0]);
  });

  it('tells of each step how busy slots were, and what held jobs up in it', async () => {
    const steps = await producer.user('steps');
    const noted = `INSERT INTO scaling_decisions (tenant_id, decided_at, waiting, active, previous, desired, policy, reason, leader_fence)
                   VALUES ('steps', $1, 9, 1, $2, $3, 'queue-length', 'r', 1)`;
    await query(noted, [at(-60), 1, 2]);
    await query(noted, [at(1.9), 2, 1]);
    await query(noted, [at(3.1), 1, 1]);
    // Runs over three steps while another waits; then a quota holds that back; then the tenant is idle.
    await write('steps', { state: 'completed', accepted: 0.5, started: 0.5, finished: 2.5 });
    await write('steps', { state: 'completed', accepted: 0.5, started: 2.5, finished: 2.9 });
    await write('steps', { state: 'completed', accepted: 2.9, started: 5.5, finished: 5.6 });
    await write('steps', { state: 'cancelled', accepted: 7.5, finished: 8.5 });
    const answer = await steps.expect(200, 'GET', `/api/v1/analytics?${range(0, 9)}&step=1m`);
    const points = answer.points as Point[];
    expect(points.map(({ busyShare }) => busyShare)).toEqual([0.25, 0.5, 0.9, 0, 0, 0.1, 0, 0, 0]);
    const kinds = points.map(({ bottleneck }) => bottleneck.kind);
    // Noted in the fourth, it goes on until nothing waits.
    expect(kinds.map((kind) => kind === 'quota')).toEqual([false, false, false, true, true, true, false, false, false]);
  });

  it('says that slots are the bottleneck when they were busy while jobs waited, and the quota when that was noted', async () => {
    await producer.user('initech');
    const slots = `INSERT INTO scaling_decisions (tenant_id, decided_at, waiting, active, previous, desired, policy, reason, leader_fence)
                   VALUES ('initech', $1, 9, 1, $2, $3, 'queue-length', 'r', 1)`;
    await query(slots, [at(-60), 1, 2]);
    for (let i = 0; i < 20; i++) {
      await write('initech', { state: 'completed', accepted: 0, started: i / 2, finished: i / 2 + 0.9 });
    }
    const initech = await producer.user('initech');
    const ask = async () => initech.expect(200, 'GET', `/api/v1/analytics?${range(0, 10)}&step=60000`);
    expect(await ask()).toMatchObject({ slots: 2, busyShare: 0.88, bottleneck: { kind: 'slow-tasks' } });
    await query(slots, [at(5), 2, 2]);
    expect(await ask()).toMatchObject({ bottleneck: { kind: 'quota' } });
  });

  it('counts jobs of plain clients, whose ids do not begin with their time', async () => {
    const plain = await producer.user('plain');
    const id = 'a3c1d6e0-0b0a-5d55-9d1a-000000000001';
    await write('plain', { id, state: 'completed', accepted: 1, started: 2, finished: 3 });
    const { total } = await plain.expect(200, 'GET', `/api/v1/analytics?${range(0, 5)}`);
    expect(total).toMatchObject({ accepted: 1, completed: 1 });
  });

  it('tells the operator which tenants fare worst', async () => {
    const path = `/api/v1/admin/analytics?${range(-200, 200)}&limit=2`;
    const byWait = await producer.operator.expect(200, 'GET', path);
    expect((byWait.tenants as { tenantId: string }[]).map(({ tenantId }) => tenantId)[0]).toBe('acme');
    const byFailures = await producer.operator.expect(200, 'GET', `${path}&rank=failures`);
    expect(byFailures.tenants).toMatchObject([{ tenantId: 'acme', failed: 5, dead: 1 }, {}]);
  });

  it.each([
    [`${range(0, 10)}&step=999`, '/step', 'at least 1000 ms'],
    [`${range(0, 10)}&step=1s`, '/step', 'at most 500'],
    [`${range(0, 10)}&step=soon`, '/step', 'milliseconds'],
    [range(10, 10), '/from', 'before to'],
    [range(0, 32 * 24 * 60), '/from', '31 days'],
    ['from=yesterday', '/from', ''],
    ['points=3', '/points', 'Unknown property'],
  ])('refuses %s, and names field and bound', async (asked, pointer, words) => {
    const { errors } = await acme.expect(400, 'GET', `/api/v1/analytics?${asked}`);
    expect((errors as object[])[0]).toMatchObject({ pointer, message: expect.stringContaining(words) });
  });
});
