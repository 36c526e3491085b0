import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { insertTenant } from '@sluice/shared/postgres/queries/tenants';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);
const MODULES = join(REPOSITORY, 'node_modules');

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
  files: ['service.ts'],
};

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

describe('docs/queued-client.md', () => {
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
  });
  afterAll(async () => {
    upstream.closeAllConnections();
    upstream.close();
    await rm(folder, { recursive: true });
    await space.close();
  });

  it('has an example that compiles and runs as it is written, in a service that installed the packed package without a network', async () => {
    await install(folder);
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(textOf('docs/queued-client.md')) ?? [];
    await writeFile(join(folder, 'service.ts'), example);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
    const GA4_ENDPOINT = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const environment = { PATH: process.env.PATH, ...space.environment, GA4_ENDPOINT };
    const { stdout } = await run(process.execPath, [join(folder, 'service.js')], { env: environment });
    expect(stdout).toBe("{ asked: '/v1beta/properties/123456789:runReport' }\n");
  });
});

/** Installs what `npm pack` makes; its dependencies are there already, as npm would have put them, so that no registry is asked. */
async function install(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'my-service', type: 'module', private: true }));
  const needed = new Set<string>();
  await collect(join(REPOSITORY, 'packages/shared'), needed);
  for (const name of needed) {
    const to = join(folder, 'node_modules', name);
    await mkdir(dirname(to), { recursive: true });
    await cp(join(MODULES, name), to, { recursive: true });
  }
  await linkPrograms(join(folder, 'node_modules'), needed);
  await run('npm', ['pack', '-w', 'packages/shared', '--pack-destination', folder], { cwd: REPOSITORY });
  const [packed = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')];
  await run('npm', ['install', ...options, join(folder, packed)], { cwd: folder });
}

/** Adds all that a package needs, and what that needs. */
async function collect(folder: string, names: Set<string>): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
    // Of packages for other machines there is nothing.
    if (names.has(name) || !existsSync(join(MODULES, name))) continue;
    names.add(name);
    await collect(join(MODULES, name), names);
  }
}

/** npm takes a package whose programs are not linked for one that is to be fetched again. */
async function linkPrograms(modules: string, names: ReadonlySet<string>): Promise<void> {
  await mkdir(join(modules, '.bin'));
  for (const program of await readdir(join(MODULES, '.bin'))) {
    const target = await readlink(join(MODULES, '.bin', program));
    const [, scope = '', name = ''] = target.split('/');
    if (names.has(scope.startsWith('@') ? `${scope}/${name}` : scope))
      await symlink(target, join(modules, '.bin', program));
  }
}
