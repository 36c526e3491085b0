import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../docs/repository.js';
import { ATTEMPTS } from '../support/attempts.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { HttpClient } from '../support/httpClient.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const EXAMPLE = join(REPOSITORY, 'examples/own-tasks');
const OWN_TASKS = { SLUICE_TASKS: './examples/own-tasks/dist/tasks.js' };
const ORDER = { task: 'orders.confirm', data: { order: 'A-17', email: 'ada@example.com' } };
const TEXT = { task: 'texts.count_words', data: { text: 'to be or not to be' } };

/** A program that embeds the API and a worker for one task of its own; prints the job and ends by itself. */
const PROGRAM = `
import { createProducer } from '@sluice/producer';
import { defineTask } from '@sluice/tasks';
import { createWorker } from '@sluice/worker';
import { z } from 'zod';

const echo = defineTask({
  name: 'program.echo',
  queueClass: 'program',
  data: z.strictObject({ text: z.string() }),
  handler: async ({ text }) => ({ echo: text }),
});
const log = { debug() {}, info() {}, warn() {}, error() {} };
const producer = createProducer({ tasks: [echo], log });
const worker = createWorker({ tasks: [echo], builtInTasks: false, log });
await producer.start();
await worker.start();
const call = async (path, body) => {
  const response = await fetch(producer.url() + '/api/v1/jobs' + path, {
    headers: { authorization: 'Bearer ' + process.env.KEY, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return response.json();
};
const { id } = await call('', { task: 'program.echo', data: { text: 'hello' } });
let job = await call('/' + id);
while (!['completed', 'dead'].includes(job.state)) {
  await call('/' + id + '/result?waitMs=30000');
  job = await call('/' + id);
}
console.log(JSON.stringify(job));
await worker.stop();
await producer.stop();
`;

interface Job {
  readonly id: string;
  readonly state: string;
  readonly result: unknown;
  readonly error: { readonly code: string } | null;
}

describe('examples/own-tasks', () => {
  let fleet: Fleet;
  let acme: HttpClient;
  beforeAll(async () => {
    await run(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', EXAMPLE]);
    fleet = await startFleet(OWN_TASKS);
    acme = await fleet.tenant('acme');
  });
  afterAll(() => fleet?.close());

  async function submit(body: object): Promise<string> {
    return String((await acme.expect(202, 'POST', '/api/v1/jobs', body)).id);
  }

  function reaches(id: string, state: string): Promise<Job> {
    return until(`job ${id} is ${state}`, async () => {
      const job = (await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)) as unknown as Job;
      return job.state === state ? job : null;
    });
  }

  /** Workers by the tasks of their attempts. */
  async function workersOf(task: string): Promise<string[]> {
    const { rows } = await fleet.space.postgres.db.$client.query<{ worker: string }>(
      `SELECT DISTINCT split_part(worker_id, '~', 1) AS worker
       FROM ${ATTEMPTS} WHERE job_id IN (SELECT id FROM jobs WHERE task = $1) AND outcome <> 'released'`,
      [task],
    );
    return rows.map(({ worker }) => worker);
  }

  it('has tests of its own, which run without a fleet', async () => {
    const { stdout } = await run(process.execPath, ['--test', join(EXAMPLE, 'dist/tasks.test.js')]);
    expect(stdout).toMatch(/^. pass 3$/m);
  });

  it('is offered by the producer with the schema of its data', async () => {
    const { tasks } = (await acme.expect(200, 'GET', '/api/v1/tasks')) as { tasks: { name: string }[] };
    expect(tasks.map(({ name }) => name)).toEqual(expect.arrayContaining(['texts.count_words', 'orders.confirm']));
    const refused = await acme.call('POST', '/api/v1/jobs', { ...ORDER, data: { order: 'A-17', email: 'ada' } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('runs in producer and worker that a program embeds, which passes its tasks itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-embedded-'));
    try {
      await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
      await writeFile(join(folder, 'program.mjs'), PROGRAM);
      const { key } = await fleet.operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', { role: 'owner' });
      const environment = { PATH: process.env.PATH, ...fleet.space.environment, PORT: '0', KEY: String(key) };
      const { stdout } = await run(process.execPath, [join(folder, 'program.mjs')], {
        env: { ...environment, SLUICE_OPERATOR_KEY: 'operator-key-of-the-program' },
      });
      expect(JSON.parse(stdout)).toMatchObject({ state: 'completed', result: { echo: 'hello' } });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('waits for a worker that knows it, beside workers that do not, and leaves their lanes to them', async () => {
    await fleet.start('scaler');
    await fleet.start('worker', { WORKER_ID: 'plain', SLUICE_TASKS: '' });
    const early = await submit(ORDER);
    expect((await reaches(early, 'retrying')).error).toMatchObject({ code: 'unknown_task' });

    await fleet.start('worker', { WORKER_ID: 'own', SLUICE_BUILT_IN_TASKS: 'false' });
    const late = await Promise.all([submit(TEXT), submit(ORDER)]);
    const probes = await Promise.all([1, 2, 3].map(() => submit({ task: 'system.probe', data: {} })));
    const [text, order] = await Promise.all([early, ...late].slice(1).map((id) => reaches(id, 'completed')));
    expect(text?.result).toEqual({ words: 6 });
    expect(order?.result).toMatchObject({ order: 'A-17', receipt: expect.stringContaining('ada@example.com') });
    for (const id of [early, ...probes]) await reaches(id, 'completed');

    expect(await workersOf('orders.confirm')).toEqual(['own']);
    expect(await workersOf('texts.count_words')).toEqual(['own']);
    expect(await workersOf('system.probe')).toEqual(['plain']);
  });
});
