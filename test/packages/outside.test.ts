import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetProcess } from '../support/fleetProcess.js';
import { startReadyProcess } from '../support/fleetProcess.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { createHttpClient } from '../support/httpClient.js';
import { installPacked, neededBy } from './installPacked.js';
import { compile, exampleOf, runCompiled } from './outsideCode.js';

const OPERATOR_KEY = 'operator-key-of-an-outside-fleet';

interface Outside {
  /** Where every package is installed, from its tarball. */
  readonly folder: string;
  readonly space: FleetSpace;
}

let outside: Outside;

beforeAll(async () => {
  const space = await openFleetSpace();
  await insertTenant(space.postgres.db, { id: 'acme', name: 'acme', signingSecret: 'whsec_' });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-service-'));
  outside = { folder, space };
  await installPacked(folder, ['queued-client', 'ga4', 'client', 'producer', 'worker', 'scaler']);
});
afterAll(async () => {
  await rm(outside.folder, { recursive: true });
  await outside.space.close();
});

/** Compiles and runs the first example of a page. */
async function runExample(page: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const { folder, space } = outside;
  await compile(folder, { 'service.ts': exampleOf(page) }, { skipLibCheck: true });
  return runCompiled(folder, 'service.js', { ...space.environment, ...environment });
}

describe('a service outside of the repository', () => {
  let upstream: Server;
  beforeAll(async () => {
    upstream = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ asked: request.url }));
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  });
  afterAll(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  it('runs the example of docs/queued-client.md as it is written', async () => {
    const GA4_ENDPOINT = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const printed = await runExample('docs/queued-client.md', { GA4_ENDPOINT });
    expect(printed).toBe("{ asked: '/v1beta/properties/123456789:runReport' }\n");
  });

  it('runs the example of packages/limits/README.md as it is written', async () => {
    const printed = await runExample('packages/limits/README.md', { PREFIX: outside.space.prefix });
    expect(printed).toBe('200\n200\nrefused: exhausted\n');
  });
});

/** One file of a user's own: a contract, its handler, and the list that `SLUICE_TASKS` reads. */
const TASKS = `
import { defineTask } from '@sluice/tasks';
import { z } from 'zod';

export const countWords = defineTask({
  name: 'texts.count_words',
  queueClass: 'texts',
  data: z.strictObject({ text: z.string() }),
  result: z.strictObject({ words: z.int() }),
  handler: async ({ text }) => ({ words: text.split(' ').length }),
});
`;

/** Does not compile unless the client knows the task's data and result. */
const SUBMITS = `
import { createClient } from '@sluice/client';
import type * as tasks from './tasks.js';

const { SLUICE_URL = '', SLUICE_KEY = '' } = process.env;
const client = createClient<typeof tasks>({ url: SLUICE_URL, key: SLUICE_KEY });
// @ts-expect-error the data has no such property
const refused = await client.jobs.run('texts.count_words', { words: 3 }).catch((error: { code: string }) => error.code);
const result: { words: number } = await client.jobs.run('texts.count_words', { text: 'to be or not to be' });
console.log(refused, result.words);
`;

describe('a fleet outside of the repository', () => {
  it('runs a task that one file defines, in installed processes, and answers the typed client', async () => {
    const { folder, space } = outside;
    const environment = { ...space.environment, SLUICE_TASKS: './tasks.js', SLUICE_OPERATOR_KEY: OPERATOR_KEY };
    const started: FleetProcess[] = [];
    async function start(name: string): Promise<FleetProcess> {
      const command = [`node_modules/.bin/sluice-${name}`];
      const process = await startReadyProcess({ name, command, cwd: folder, environment });
      started.push(process);
      return process;
    }
    await compile(folder, { 'tasks.ts': TASKS, 'submit.ts': SUBMITS }, { skipLibCheck: true });
    try {
      const producer = await start('producer');
      await Promise.all([start('worker'), start('scaler')]);
      const operator = createHttpClient(producer.url, OPERATOR_KEY);
      const { key } = await operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', { role: 'member' });
      const printed = await runCompiled(folder, 'submit.js', { SLUICE_URL: producer.url, SLUICE_KEY: String(key) });
      expect(printed).toBe('invalid_request 6\n');
    } finally {
      expect(await Promise.all(started.map((process) => process.stop()))).toEqual(started.map(() => 0));
    }
  });
});

describe('the types of installed packages', () => {
  it('need no types of a store or a server', async () => {
    const { folder } = outside;
    const names = ['client', 'limits', 'queued-client', 'tasks', 'tasks/testing'];
    const text = names.map((name, index) => `export * as p${index} from '@sluice/${name}';\n`).join('');
    await compile(folder, { 'types.ts': text }, { skipLibCheck: false });
  });
});

describe('@sluice/limits', () => {
  it('brings neither a queue nor a database, and ioredis only as a peer', async () => {
    const { ours, others } = await neededBy(['limits']);
    expect([...ours].sort()).toEqual(['limits', 'shared']);
    expect([...others].filter((name) => /^(bullmq|pg|drizzle-orm|fastify)$/.test(name))).toEqual([]);
  });
});

describe('@sluice/queued-client', () => {
  it('brings no client of Google, no HTTP server and no SDK of OpenTelemetry', async () => {
    const { ours, others } = await neededBy(['queued-client']);
    expect([...ours].sort()).toEqual(['limits', 'queued-client', 'shared', 'tasks']);
    const unwanted = /^@google|fastify|^@opentelemetry\/(?!api$)|^undici$|^playwright|^@types\//;
    expect([...others].filter((name) => unwanted.test(name))).toEqual([]);
  });
});
