import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../docs/repository.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { installPacked, MODULES, neededBy } from './installPacked.js';

const run = promisify(execFile);

/** As a service of one's own is compiled. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(MODULES, '@types')],
  },
};

describe('a service outside of the repository', () => {
  let space: FleetSpace;
  let folder: string;
  let upstream: Server;
  beforeAll(async () => {
    space = await openFleetSpace();
    await insertTenant(space.postgres.db, { id: 'acme', name: 'acme', signingSecret: 'whsec_' });
    folder = await mkdtemp(join(tmpdir(), 'sluice-service-'));
    upstream = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ asked: request.url }));
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    await installPacked(folder, ['queued-client', 'ga4']);
  });
  afterAll(async () => {
    upstream.closeAllConnections();
    upstream.close();
    await rm(folder, { recursive: true });
    await space.close();
  });

  /** Compiles and runs the first example of a page, in the service that installed the packed packages without a network. */
  async function runExample(page: string, environment: Readonly<Record<string, string>>): Promise<string> {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(textOf(page)) ?? [];
    await writeFile(join(folder, 'service.ts'), example);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, files: ['service.ts'] }));
    await run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
    const env = { PATH: process.env.PATH, ...space.environment, ...environment };
    const { stdout } = await run(process.execPath, [join(folder, 'service.js')], { env });
    return stdout;
  }

  it('runs the example of docs/queued-client.md as it is written', async () => {
    const GA4_ENDPOINT = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const printed = await runExample('docs/queued-client.md', { GA4_ENDPOINT });
    expect(printed).toBe("{ asked: '/v1beta/properties/123456789:runReport' }\n");
  });

  it('runs the example of packages/limits/README.md as it is written', async () => {
    const printed = await runExample('packages/limits/README.md', { PREFIX: space.prefix });
    expect(printed).toBe('200\n200\nrefused: exhausted\n');
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
