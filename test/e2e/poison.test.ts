import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { startFleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RevivedWorker } from '../support/revivedWorker.js';
import { startRevivedWorker } from '../support/revivedWorker.js';
import { until } from '../support/until.js';

/** Deaths are noticed soon; the heaps are small, so that they are soon full. */
const WORKER = {
  SLUICE_FAULT_TASKS: 'true',
  SLOT_CONCURRENCY: '8',
  WORKER_CONCURRENCY: '8',
  WORKER_HEARTBEAT_MS: '2000',
  SLOT_LEASE_MS: '6000',
  WORKER_BLOCKED_MS: '3000',
  JOB_LOCK_MS: '3000',
  STALLED_CHECK_MS: '500',
  ISOLATED_PROCESSES: '10',
  ISOLATED_MEMORY_MB: '64',
  NODE_OPTIONS: '--max-old-space-size=96',
};

/** Two of each of four tenants run beside the poisonous job, but one. */
const INNOCENTS = 7;

/** Many processes are started, on what may be a slow machine, one after another where they share a place. */
const WITHIN_MS = 120_000;
const TEST_MS = 600_000;

let fleet: Fleet;
let worker: RevivedWorker | undefined;
const tenants = new Map<string, HttpClient>();

async function tenantOf(id: string): Promise<HttpClient> {
  const known = tenants.get(id) ?? (await fleet.tenant(id));
  tenants.set(id, known);
  return known;
}

async function submit(tenantId: string, data: object, more: object = {}): Promise<string> {
  const tenant = await tenantOf(tenantId);
  const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.fault', data, ...more });
  return String(id);
}

function reaches(tenantId: string, id: string, state: string) {
  return until(
    `job ${id} is ${state}`,
    async () => {
      const history = await readJob(fleet.space.postgres.db, tenantId, id);
      return history?.job.state === state ? history : null;
    },
    WITHIN_MS,
  );
}

async function endsAsPoison(tenantId: string, id: string): Promise<void> {
  const { job, attempts, deaths } = await reaches(tenantId, id, 'dead');
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'lost']);
  expect(deaths).toEqual([expect.objectContaining({ category: 'poison', severity: 'critical', attempts: 3 })]);
  expect(job).toMatchObject({ crashes: 3, failures: 0 });
}

beforeAll(async () => {
  fleet = await startFleet({ SLUICE_FAULT_TASKS: 'true', SLOT_CONCURRENCY: WORKER.SLOT_CONCURRENCY });
  await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
});
afterEach(async () => {
  expect((await worker?.stop()) ?? 0).toBe(0);
  worker = undefined;
});
afterAll(() => fleet.close());

async function startWorker(): Promise<RevivedWorker> {
  const started = await startRevivedWorker({ ...fleet.space.environment, LOG_LEVEL: 'info', ...WORKER });
  worker = started;
  return started;
}

describe('a job that takes its process down', () => {
  it.each([
    ['exit', [86]],
    // Filling the heap blocks the event loop: on a slow machine the watchdog is first.
    ['memory', ['SIGABRT', 'SIGKILL']],
    ['block', ['SIGKILL']],
    ['uncaught', [70]],
  ] as const)(
    'by %s does so once; its neighbours end well, and its lane goes on',
    async (act, deaths) => {
      const running = await startWorker();
      const owners = ['north', 'east', 'south', 'west'].map((name) => `${name}-${act}`);
      const innocents = await Promise.all(
        Array.from({ length: INNOCENTS }, async (_, index) => {
          const tenantId = owners[index % owners.length] ?? '';
          await tenantOf(tenantId);
          return { tenantId, id: await submit(tenantId, { holdMs: 4_000 }) };
        }),
      );
      for (const { tenantId, id } of innocents) await reaches(tenantId, id, 'active');
      const poisoned = `north-${act}`;
      const poison = await submit(poisoned, { act });

      await endsAsPoison(poisoned, poison);
      for (const { tenantId, id } of innocents) {
        const { attempts } = await reaches(tenantId, id, 'completed');
        expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
      }
      await reaches(poisoned, await submit(poisoned, {}), 'completed');
      expect(running.deaths).toHaveLength(1);
      expect(deaths).toContain(running.deaths[0]);
      if (act === 'block' || act === 'uncaught') {
        const words = running.lines().filter(({ jobs }) => Array.isArray(jobs) && jobs.includes(poison));
        expect(words).toHaveLength(1);
      }
    },
    TEST_MS,
  );

  it(
    'may be two at once, have 25 attempts, or come from a plain BullMQ client: each is found out by itself',
    async () => {
      const running = await startWorker();
      const pair = await Promise.all([
        submit('pair', { act: 'exit' }, { attempts: 25 }),
        submit('pair', { act: 'exit' }),
      ]);
      for (const id of pair) await endsAsPoison('pair', id);
      expect(running.deaths.length).toBeGreaterThanOrEqual(1);
      expect(running.deaths.length).toBeLessThanOrEqual(2);

      const before = running.deaths.length;
      const queue = new Queue('pair.default', {
        connection: fleet.space.redis.client,
        prefix: fleet.space.keys.queuePrefix('pair'),
      });
      const job = await queue.add('system.fault', { act: 'exit' }, { attempts: 1, priority: 1 });
      await until('BullMQ holds it as failed', async () => (await job.getState()) === 'failed', WITHIN_MS);
      await queue.close();
      const letters = (await (await tenantOf('pair')).expect(200, 'GET', '/api/v1/dead-letters'))
        .deadLetters as object[];
      expect(letters).toHaveLength(3);
      expect(letters).toEqual(letters.map(() => expect.objectContaining({ category: 'poison', attempts: 3 })));
      expect(running.deaths).toHaveLength(before + 1);
    },
    TEST_MS,
  );

  it(
    'is still a suspect when it is taken back to life, and takes no worker down',
    async () => {
      const running = await startWorker();
      const id = await submit('redriven', { act: 'exit', actTimes: 3 });
      await endsAsPoison('redriven', id);
      await (await tenantOf('redriven')).expect(202, 'POST', `/api/v1/jobs/${id}/retry`);
      await reaches('redriven', id, 'completed');
      expect(running.deaths).toEqual([86]);
    },
    TEST_MS,
  );
});

describe("an attempt's own process", () => {
  it(
    'ends with its worker, even if that is killed while the attempt gives no way',
    async () => {
      const doomed = await startFleetProcess('worker', {
        ...fleet.space.environment,
        ...WORKER,
        WORKER_BLOCKED_MS: '50000',
        SLOT_LEASE_MS: '60000',
      });
      const id = await submit('orphan', { act: 'block', actTimes: 1 }, { delayMs: 1_000 });
      await fleet.space.postgres.db.$client.query('UPDATE jobs SET crashes = 1 WHERE id = $1', [id]);
      await reaches('orphan', id, 'active');
      const child = await until('it has a process', () => childOf(doomed.child.pid ?? 0));
      doomed.kill('SIGKILL');
      await until('that process is gone', () => !isAlive(child), WITHIN_MS);
    },
    TEST_MS,
  );
});

async function childOf(pid: number): Promise<number | null> {
  const found = await promisify(execFile)('pgrep', ['-P', String(pid)]).catch(() => null);
  return found === null ? null : Number.parseInt(found.stdout, 10);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a fleet that knows no fault jobs', () => {
  it(
    'does not accept one over HTTP, and buries one that a plain BullMQ client adds, without running it',
    async () => {
      const usual = await startFleet();
      try {
        await usual.start('scaler', { SCALER_INTERVAL_MS: '500' });
        await usual.start('worker', { UNKNOWN_TASK_PATIENCE_MS: '0' });
        const tenant = await usual.tenant('usual');
        const refused = await tenant.call('POST', '/api/v1/jobs', { task: 'system.fault', data: { act: 'exit' } });
        expect(refused).toMatchObject({ status: 404, body: { code: 'unknown_task' } });
        const { tasks } = await tenant.expect(200, 'GET', '/api/v1/tasks');
        expect((tasks as { name: string }[]).map(({ name }) => name)).not.toContain('system.fault');
        // An add of its own makes the lane known.
        await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: {} });
        const queue = new Queue('usual.default', {
          connection: usual.space.redis.client,
          prefix: usual.space.keys.queuePrefix('usual'),
        });
        const job = await queue.add('system.fault', { act: 'exit' });
        await until('BullMQ holds it as failed', async () => (await job.getState()) === 'failed', WITHIN_MS);
        await queue.close();
        const { deadLetters } = await tenant.expect(200, 'GET', '/api/v1/dead-letters');
        expect(deadLetters).toEqual([expect.objectContaining({ category: 'invalid', attempts: 1 })]);
      } finally {
        await usual.close();
      }
    },
    TEST_MS,
  );
});
