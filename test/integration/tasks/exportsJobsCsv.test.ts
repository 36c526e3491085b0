import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { streamJobs } from '@sluice/fleet/postgres/queries/streamJobs';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { JobContext, TaskHandler } from '@sluice/tasks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createWebClient } from '../../../apps/worker/src/network/webClient.js';
import { buildTaskHandlers } from '../../../apps/worker/src/tasks/index.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { FLEET_TASKS } from '../../support/fleetTasks.js';

const BIG_ROWS = 12_345;

let space: FleetSpace;
let exportsDir: string;

beforeAll(async () => {
  space = await openFleetSpace();
  await insert('acme', 3, 'notifications.webhook');
  await insert('big', BIG_ROWS, 'system.probe');
});
afterAll(() => space.close());
beforeEach(async () => {
  exportsDir = await mkdtemp(join(tmpdir(), 'sluice-exports-'));
});
afterEach(() => rm(exportsDir, { recursive: true }));

/** Rows with ids in order; the first of each tenant carries an error that a spreadsheet would run. */
async function insert(tenantId: string, rows: number, task: string): Promise<void> {
  await space.postgres.db.$client.query(
    `INSERT INTO jobs (id, tenant_id, role, task, queue_class, state, priority, data, max_attempts, timeout_ms,
                       durability, accepted_at, error)
     SELECT ('0190b5d0-0000-7000-8000-' || lpad(to_hex(n + length($1) * 1000000), 12, '0'))::uuid, $1, 'member', $3,
            'default', 'completed', 50, '{"secret": "payload"}', 4, 1000, 'ledger',
            '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour',
            CASE WHEN n = 1 THEN '{"code": "attempt_failed", "message": "=cmd|calc, \\"quoted\\""}'::jsonb END
     FROM generate_series(1, $2) AS n`,
    [tenantId, rows, task],
  );
}

function context(tenantId: string, over: Partial<JobContext> = {}): JobContext {
  return {
    jobId: newId(),
    tenantId,
    attempt: 1,
    signal: new AbortController().signal,
    traceparent: null,
    progress: async () => undefined,
    log: async () => undefined,
    once: () => Promise.reject(new Error('no effects here')),
    ...over,
  };
}

const noGa4 = { runReport: () => Promise.reject(new Error('not here')) };

function exportJobs(data: object, job: JobContext): Promise<unknown> {
  const web = createWebClient({ allowPrivateAddresses: false });
  const handlers = buildTaskHandlers(FLEET_TASKS, {
    db: space.postgres.db,
    web,
    ga4: noGa4,
    ga4AnyProperty: false,
    exportsDir,
    now: Date.now,
  });
  return (handlers.get('exports.jobs_csv') as TaskHandler<object>)(data, job);
}

describe('exports.jobs_csv', () => {
  test("writes the tenant's own jobs, oldest first, without payloads, and tells the file's measure", async () => {
    const job = context('acme');
    const result = await exportJobs({}, job);
    const content = await readFile(join(exportsDir, 'acme', `${job.jobId}.csv`));
    const lines = content.toString().split('\r\n');
    expect(lines[0]).toMatch(/^id,task,state,priority,role,user_id,attempts,failures,accepted_at,/);
    expect(lines.slice(1, -1).map((line) => line.split(',')[8])).toEqual([
      '2026-01-01T01:00:00.000Z',
      '2026-01-01T02:00:00.000Z',
      '2026-01-01T03:00:00.000Z',
    ]);
    expect(content.toString()).not.toContain('secret');
    expect(result).toEqual({
      file: `acme/${job.jobId}.csv`,
      rows: 3,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  });

  test('keeps a spreadsheet from running what stands in a cell', async () => {
    const job = context('acme');
    await exportJobs({ until: '2026-01-01T01:30:00Z' }, job);
    const content = await readFile(join(exportsDir, 'acme', `${job.jobId}.csv`), 'utf8');
    expect(content).toContain(`attempt_failed,"'=cmd|calc, ""quoted"""\r\n`);
  });

  test('writes only what the filter lets through', async () => {
    const between = { since: '2026-01-01T02:00:00Z', until: '2026-01-01T03:00:00Z' };
    await expect(exportJobs(between, context('acme'))).resolves.toMatchObject({ rows: 1 });
    await expect(exportJobs({ state: 'dead' }, context('acme'))).resolves.toMatchObject({ rows: 0 });
    await expect(exportJobs({ task: 'system.probe' }, context('acme'))).resolves.toMatchObject({ rows: 0 });
    await expect(exportJobs({}, context('nobody'))).resolves.toMatchObject({ rows: 0 });
  });

  test('writes the same file again at a second attempt', async () => {
    const job = context('acme');
    const first = await exportJobs({}, job);
    await expect(exportJobs({}, { ...job, attempt: 2 })).resolves.toEqual(first);
    expect(await readdir(join(exportsDir, 'acme'))).toEqual([`${job.jobId}.csv`]);
  });

  test('tells its progress, every row once', async () => {
    const seen: unknown[] = [];
    const job = context('big', {
      progress: async (value) => {
        seen.push(value);
      },
    });
    await expect(exportJobs({}, job)).resolves.toMatchObject({ rows: BIG_ROWS });
    expect(seen).toEqual([{ rows: 5_000 }, { rows: 10_000 }]);
    const content = await readFile(join(exportsDir, 'big', `${job.jobId}.csv`), 'utf8');
    expect(
      new Set(
        content
          .split('\r\n')
          .slice(1, -1)
          .map((line) => line.slice(0, 36)),
      ).size,
    ).toBe(BIG_ROWS);
  });

  test('stops in the middle when its signal aborts, leaving no file and no busy connection', async () => {
    const stop = new AbortController();
    const job = context('big', { signal: stop.signal, progress: async () => stop.abort('cancelled') });
    await expect(exportJobs({}, job)).rejects.toBe('cancelled');
    expect(await readdir(join(exportsDir, 'big'))).toEqual([]);
    await expect.poll(() => idleConnections()).toBe(true);
  });

  test('refuses ids that would lead out of the folder', async () => {
    await expect(exportJobs({}, context('../acme'))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(exportJobs({}, context('acme', { jobId: '../x' }))).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('streamJobs', () => {
  test('is not cut off by a limit on statements when the reader is slow, and sees one moment', async () => {
    const postgres = createPostgres(
      { url: `${space.environment.DATABASE_URL}`, schema: space.prefix, poolSize: 2 },
      createLogger('test', { level: 'silent' }),
    );
    await postgres.start();
    postgres.db.$client.on('connect', (client) => void client.query('SET statement_timeout = 1000'));
    try {
      let rows = 0;
      for await (const job of streamJobs(postgres.db, 'big', {})) {
        expect(job.task).toBe('system.probe');
        if (rows++ % 4_000 !== 0) continue;
        // The slowness is what is tested: longer than the limit, between two rows.
        await pause(1_100);
        if (rows === 1) await space.postgres.db.$client.query(`UPDATE jobs SET task = 'later' WHERE tenant_id = 'big'`);
      }
      expect(rows).toBe(BIG_ROWS);
    } finally {
      await space.postgres.db.$client.query(`UPDATE jobs SET task = 'system.probe' WHERE tenant_id = 'big'`);
      await postgres.stop(AbortSignal.timeout(5_000));
    }
  });

  test('fails, and nothing else does, when its connection is lost while the reader rests', async () => {
    const { $client: pool } = space.postgres.db;
    const read = async (): Promise<void> => {
      let rows = 0;
      for await (const job of streamJobs(space.postgres.db, 'big', {})) {
        if (job.id === '' || rows++ > 0) continue;
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH % streamed_jobs'`,
        );
      }
    };
    await expect(read()).rejects.toThrow();
    expect(idleConnections()).toBe(true);
    await expect(exportJobs({}, context('acme'))).resolves.toMatchObject({ rows: 3 });
  });

  test('gives its connection back when the reader gives up', async () => {
    for await (const job of streamJobs(space.postgres.db, 'big', {})) if (job.id !== '') break;
    expect(idleConnections()).toBe(true);
  });
});

function idleConnections(): boolean {
  const pool = space.postgres.db.$client;
  return pool.idleCount === pool.totalCount;
}
