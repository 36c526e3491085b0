import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { callApi } from '../../apps/scaler/src/replicas/apiCall.js';
import { until } from '../support/until.js';
import type { StubContainer } from './platforms/dockerEngine.js';
import { IMAGE_ID } from './platforms/dockerEngine.js';
import { openDocker } from './platforms/dockerPlatform.js';
import { openKubernetes } from './platforms/kubernetesPlatform.js';
import { openLocal } from './platforms/localPlatform.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Opens a platform with one driver; both are closed after the test. */
async function open<Kind extends Awaited<ReturnType<typeof openDocker | typeof openKubernetes | typeof openLocal>>>(
  opening: Promise<Kind>,
) {
  const platform = await opening;
  const driver = platform.driver();
  closing.push(platform.close, driver.stop);
  return { platform, driver };
}

describe('the driver kubernetes', () => {
  it('says where the token is that is not accepted, and takes the new one when it is mounted', async () => {
    const { platform, driver } = await open(openKubernetes());
    await driver.scaleTo(2);
    platform.rotateToken();
    await expect(driver.scaleTo(3)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('automountServiceAccountToken'),
    });
    await platform.mountToken();
    expect(await driver.scaleTo(3)).toEqual({ kind: 'scaled', from: 2, to: 3 });
  });

  it('says which Deployment there is not', async () => {
    const { platform, driver } = await open(openKubernetes());
    platform.deleteDeployment();
    await expect(driver.read()).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('no Deployment worker in the namespace fleet'),
    });
  });

  it('gives way to another who changes the number again and again', async () => {
    const { platform, driver } = await open(openKubernetes());
    const interfere = async (): Promise<void> => {
      await platform.changeBehind(1);
      platform.api.beforeNextChange(interfere);
    };
    platform.api.beforeNextChange(interfere);
    await expect(driver.scaleTo(3)).rejects.toMatchObject({ code: 'conflict' });
    expect(platform.api.changes()).toHaveLength(3);
  });

  it('calls nothing but the scale of its Deployment', async () => {
    const { platform, driver } = await open(openKubernetes());
    await driver.scaleTo(2);
    const path = '/apis/apps/v1/namespaces/fleet/deployments/worker/scale';
    expect(platform.api.calls).toEqual([`GET ${path}`, `PATCH ${path}`]);
  });
});

describe('a call over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [key, certificate, other] = ['key.pem', 'certificate.pem', 'other.pem'].map((name) => join(folder, name));
  const made = [
    [key, certificate],
    [join(folder, 'other.key'), other],
  ].map(([keyFile = '', file = '']) =>
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', file],
    ]),
  );

  it.skipIf(made.some(({ status }) => status !== 0))(
    'trusts the certificates of the account and no others',
    async () => {
      const read = (file = ''): string => readFileSync(file, 'utf8');
      const server = createServer({ key: read(key), cert: read(certificate) }, (_request, response) =>
        response.end('{}'),
      );
      server.listen(0, 'localhost');
      await once(server, 'listening');
      closing.push(async () => void server.close());
      const url = `https://localhost:${(server.address() as AddressInfo).port}`;
      const call = (ca: string | undefined) =>
        callApi({
          ...{ what: 'The API', method: 'GET', path: '/', timeoutMs: 5_000, signal: new AbortController().signal },
          address: { kind: 'url', url, ca },
        });
      expect(await call(read(certificate))).toEqual({ status: 200, body: {} });
      await expect(call(read(other))).rejects.toMatchObject({ code: 'unavailable' });
      await expect(call(undefined)).rejects.toMatchObject({ code: 'unavailable' });
    },
  );
});

describe('the driver docker', () => {
  const byName = (containers: Iterable<StubContainer>, name: string): StubContainer | undefined =>
    [...containers].find((container) => container.name === name);

  it('makes containers that differ from those of Compose by name and number alone, of the very image that those run', async () => {
    const { platform, driver } = await open(openDocker());
    const { containers } = platform.engine;
    await driver.scaleTo(2);
    const first = byName(containers.values(), 'sluice-worker-1');
    const second = byName(containers.values(), 'sluice-worker-2');
    expect(second?.state).toBe('running');
    expect(second?.config).toEqual({
      ...first?.config,
      Image: IMAGE_ID,
      Labels: { ...first?.config.Labels, 'com.docker.compose.container-number': '2' },
    });
    expect(second?.hostConfig).toEqual(first?.hostConfig);
    expect([...(second?.networks ?? [])]).toEqual([
      ['sluice_outward', ['sluice-worker-2', 'worker']],
      ['sluice_data', ['sluice-worker-2', 'worker']],
    ]);
  });

  it('puts a container on all its networks whose maker died before it had', async () => {
    const { platform, driver } = await open(openDocker());
    const { containers } = platform.engine;
    await driver.scaleTo(2);
    const second = byName(containers.values(), 'sluice-worker-2');
    if (second === undefined) throw new Error('there is no second worker');
    second.state = 'created';
    second.networks.delete('sluice_data');
    expect(await driver.scaleTo(2)).toEqual({ kind: 'scaled', from: 1, to: 2 });
    expect(second.state).toBe('running');
    expect([...second.networks.keys()].sort()).toEqual(['sluice_data', 'sluice_outward']);
  });

  it('takes the lowest numbers that are free, removes the highest, and keeps the last container to copy', async () => {
    const { platform, driver } = await open(openDocker());
    const { containers } = platform.engine;
    const names = (): string[] => [...containers.values()].map(({ name }) => name).sort();
    platform.engine.composeUp(3);
    await driver.scaleTo(3);
    expect(names()).toEqual(['sluice-worker-1', 'sluice-worker-2', 'sluice-worker-3']);
    await driver.scaleTo(2);
    await until('the third is gone', () => names().length === 2);
    expect(names()).toEqual(['sluice-worker-1', 'sluice-worker-2']);
    await driver.scaleTo(0);
    await until('one is left', () => names().length === 1);
    expect([...containers.values()]).toMatchObject([{ name: 'sluice-worker-1', state: 'exited' }]);
  });

  it('gives each worker the grace that its service has', async () => {
    const { platform, driver } = await open(openDocker());
    await driver.scaleTo(2);
    platform.holdJobs();
    await driver.scaleTo(1);
    await until('it was told to stop', () => platform.engine.graces.length > 0);
    expect(platform.engine.graces).toEqual(['30']);
    expect(platform.api.changes().filter((call) => /\/kill$|^DELETE/.test(call))).toEqual([]);
    expect(platform.interrupted()).toBe(0);
  });

  it('says that it needs a container to copy', async () => {
    const { platform, driver } = await open(openDocker());
    platform.engine.containers.clear();
    await expect(driver.scaleTo(1)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('docker compose up --detach worker'),
    });
  });
});

describe('the owner of local workers', () => {
  it('never has more than its most, those that drain included, and starts the missing ones when there is room', async () => {
    const { platform, driver } = await open(openLocal());
    await driver.scaleTo(6);
    await until('six live', () => platform.alive() === 6);
    platform.holdJobs();
    await driver.scaleTo(1);
    await driver.scaleTo(6);
    expect(await driver.read()).toEqual({ wanted: 6, running: 6 });
    expect(platform.alive()).toBe(6);
    platform.releaseJobs();
    await until('six are to stay', () => platform.pool.pids().length === 6);
    await until('six live', () => platform.alive() === 6);
    expect(platform.interrupted()).toBe(0);
  });

  it('starts a worker again that crashed', async () => {
    const { platform } = await open(openLocal());
    const [first] = platform.pool.pids();
    process.kill(Number(first), 'SIGKILL');
    await until('that is told', () => platform.shown.at(-1) === 'worker-1 is ready again');
    expect(platform.alive()).toBe(1);
    expect(platform.pool.pids()).not.toEqual([first]);
  });

  it('tries a worker again that cannot be started, and keeps the others', async () => {
    const { platform, driver } = await open(openLocal());
    const [first] = platform.pool.pids();
    platform.breakStarts(true);
    await driver.scaleTo(2);
    await until('that is told', () =>
      platform.shown.some((line) => line.startsWith('worker-2 ended with exit code 3')),
    );
    await until('it is tried again', () => platform.shown.includes('restarting a worker in 2 s'));
    platform.breakStarts(false);
    await until('two live', () => platform.alive() === 2);
    expect(platform.pool.pids()).toContain(first);
  });

  it('tells the person at the terminal', async () => {
    const { platform, driver } = await open(openLocal());
    await driver.scaleTo(3);
    await driver.scaleTo(1);
    expect(platform.shown).toEqual(['workers: 1 -> 3', 'workers: 3 -> 1, the others drain']);
  });

  it('ends its workers even if it is killed', async () => {
    const pool = fileURLToPath(new URL('../../deploy/local/workerPool.mjs', import.meta.url));
    const worker = "console.log(JSON.stringify({ level: 30, msg: 'ready' })); setInterval(() => undefined, 60_000);";
    const script = `
      const { createWorkerPool } = await import(${JSON.stringify(pool)});
      const options = { argv: ['-e', ${JSON.stringify(worker)}], cwd: '/', env: {}, logFileOf: () => '/dev/null' };
      const pool = createWorkerPool({ ...options, max: 3, show: () => undefined });
      await pool.start(3);
      console.log(pool.pids().join(' '));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
    const pids = line.split(' ').map(Number);
    expect(pids.filter(lives)).toHaveLength(3);
    owner.kill('SIGKILL');
    await until('all have ended', () => !pids.some(lives));
  });
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
