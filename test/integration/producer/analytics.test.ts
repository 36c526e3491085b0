import { firstIdAt } from '@sluice/shared/postgres/queries/analyseJobs';
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
  readonly failures?: number;
  readonly deferrals?: number;
  /** When it was due, if later than accepted. */
  readonly due?: number;
}

interface Point {
  readonly accepted: number;
  readonly started: number;
  readonly completed: number;
  readonly waiting: number;
  readonly underWay: number;
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
    const { accepted, started, finished, due = accepted } = course;
    const id = course.id ?? idAt(at(accepted).getTime());
    await query(
      `INSERT INTO jobs (id, tenant_id, role, task, queue_class, state, priority, data, max_attempts, timeout_ms, durability,
         failures, deferrals, accepted_at, ranked_since, started_at, attempt_started_at, finished_at, updated_at, queued_at)
       VALUES ($1, $2, 'member', $3, 'default', $4, 50, '{}', 4, 1000, 'ledger', $5, $6, $7, $8, $9, $9, $10, $11, $7)`,
      [
        id,
        tenant,
        course.task ?? 'system.probe',
        course.state,
        course.failures ?? 0,
        course.deferrals ?? 0,
        at(accepted),
        at(due),
        started === undefined ? null : at(started),
        finished === undefined ? null : at(finished),
        at(finished ?? started ?? accepted),
      ],
    );
    if (course.state !== 'dead') return;
    await query(
      `INSERT INTO dead_letters (job_id, tenant_id, task, category, severity, error, attempts, died_at)
       VALUES ($1, $2, $3, 'exhausted', 'high', '{}', 4, $4)`,
      [id, tenant, course.task ?? 'system.probe', at(finished ?? 0)],
    );
  }

  it('tells lengths, waits, success, retries and service of each step, and of all', async () => {
    await write('acme', { state: 'completed', accepted: -30, started: 0.5, finished: 2 });
    await write('acme', { state: 'completed', accepted: 0, started: 1, finished: 3, failures: 1 });
    await write('acme', { state: 'completed', accepted: 0.5, due: 1.5, started: 1.6, finished: 1.7 });
    await write('acme', { state: 'dead', accepted: 1, started: 2, finished: 4, failures: 4 });
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
    await write('globex', { state: 'retrying', accepted: 100, started: 100, deferrals: 9 });
    const globex = await producer.user('globex');
    const all = await globex.expect(200, 'GET', `/api/v1/analytics?${range(99, 110)}`);
    expect(all.byTask).toMatchObject([
      { task: 'exports.jobs_csv', completed: 1, bottleneck: { kind: 'none' } },
      { task: 'system.probe', completed: 0, retries: 9, bottleneck: { kind: 'upstream' } },
    ]);
    const one = await globex.expect(200, 'GET', `/api/v1/analytics?${range(99, 110)}&task=exports.jobs_csv`);
    expect(one.total).toMatchObject({ accepted: 1, retries: 0 });
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
    expect(await ask()).toMatchObject({ slots: 2, busyShare: 0.855, bottleneck: { kind: 'slow-tasks' } });
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
    ['points=3', '/points', 'no such property'],
  ])('refuses %s, and names field and bound', async (asked, pointer, words) => {
    const { errors } = await acme.expect(400, 'GET', `/api/v1/analytics?${asked}`);
    expect((errors as object[])[0]).toMatchObject({ pointer, message: expect.stringContaining(words) });
  });
});
