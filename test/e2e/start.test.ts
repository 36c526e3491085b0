import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from '../support/httpClient.js';
import { until, untilDrained } from '../support/until.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const run = promisify(execFile);

interface Started {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly exited: Promise<number | null>;
}

describe('npm start', () => {
  let folder: string;
  let home: string;
  const started: ChildProcess[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-start-'));
    home = join(folder, '.sluice');
    mkdirSync(home);
    const tools = join(process.env.SLUICE_HOME ?? join(REPOSITORY, '.sluice'), 'tools');
    // What was fetched once need not be fetched again.
    if (existsSync(tools)) symlinkSync(tools, join(home, 'tools'));
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGTERM');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts the fleet with servers and data of its own, and resolves when it says `ready`. */
  async function start(more: Readonly<Record<string, string>> = {}): Promise<Started> {
    const { REDIS_URL: _redis, DATABASE_URL: _database, ...environment } = process.env;
    const child = spawn('npm', ['start'], {
      cwd: REPOSITORY,
      env: { ...environment, SLUICE_HOME: home, PORT: '0', DASHBOARD_PORT: '0', TMPDIR: folder, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => lines.push(line.trim()));
    }
    await until(
      'it says ready',
      () => {
        if (child.exitCode !== null) throw new Error(`npm start ended:\n${lines.join('\n')}`);
        return lines.includes('ready');
      },
      110_000,
    );
    return { child, lines, exited };
  }

  function apiOf({ lines }: Started): string {
    return /https?:\S+/.exec(lines.find((line) => line.startsWith('API')) ?? '')?.[0] ?? '';
  }

  /** Every process that wrote to the logs of this home, by its pid. */
  function loggedPids(): number[] {
    const logs = join(home, 'logs');
    const text = readdirSync(logs).map((file) => readFileSync(join(logs, file), 'utf8'));
    return [...new Set([...text.join('\n').matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)))];
  }

  function lives(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** The commands of docs/getting-started.md that make a tenant and submit a job, for a fleet at another address. */
  function firstJobCommands(api: string): string {
    const blocks = readFileSync(join(REPOSITORY, 'docs/getting-started.md'), 'utf8').matchAll(/```sh\n([^`]*)```/g);
    const commands = [...blocks].map(([, block]) => block ?? '').find((block) => block.includes('/api/v1/jobs'));
    return (commands ?? '').replaceAll('localhost:3000', api.replace('http://', ''));
  }

  it('keeps its key and its data over a stop by SIGINT, which leaves nothing running', async () => {
    const first = await start();
    const keyFile = join(home, 'operator-key');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const key = readFileSync(keyFile, 'utf8').trim();
    const typed = await run('bash', ['-euc', firstJobCommands(apiOf(first))], { cwd: folder });
    const { id } = JSON.parse(typed.stdout.slice(typed.stdout.lastIndexOf('{'))) as { id: string };
    const operator = createHttpClient(apiOf(first), key, { 'x-tenant-id': 'acme' });
    await until('the job completes', async () => {
      return (await operator.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'completed';
    });
    const pids = loggedPids();
    expect(pids.length).toBeGreaterThanOrEqual(4);
    expect(pids.some(lives)).toBe(true);

    first.child.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(pids.filter(lives)).toEqual([]);
    const servers = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.pid'));
    const serverPids = servers.map((file) => Number.parseInt(readFileSync(join(home, file), 'utf8'), 10));
    expect(serverPids.filter(lives)).toEqual([]);
    const sockets = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sock'));
    expect(sockets).toEqual([]);

    const second = await start();
    const again = createHttpClient(apiOf(second), readFileSync(keyFile, 'utf8').trim(), { 'x-tenant-id': 'acme' });
    expect(await again.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'completed' });
    second.child.kill('SIGTERM');
    await second.exited;
    await until('everything has stopped', () => !loggedPids().some(lives));
  });

  it('starts workers under load, drains them after it, and leaves none when it is killed', async () => {
    const fleet = await start({
      SLUICE_MAX_WORKERS: '3',
      SCALER_INTERVAL_MS: '500',
      SCALER_WORKERS_SHRINK_MS: '1000',
      WORKER_CONCURRENCY: '1',
    });
    const api = createHttpClient(apiOf(fleet), readFileSync(join(home, 'operator-key'), 'utf8').trim(), {
      'x-tenant-id': 'bursty',
    });
    await api.expect(201, 'POST', '/api/v1/admin/tenants', { id: 'bursty' });
    const job = { task: 'system.probe', data: { sleepMs: 400 } };
    const { results } = (await api.expect(207, 'POST', '/api/v1/jobs/batch', {
      jobs: Array.from({ length: 60 }, () => job),
    })) as { results: { id: string }[] };
    await until('there are three workers', () => fleet.lines.some((line) => /^workers: \d -> 3$/.test(line)));
    const jobs = results.map(({ id }) => `/api/v1/jobs/${id}`);
    await untilDrained('every job has run', async () => {
      const states = await Promise.all(jobs.map(async (path) => (await api.expect(200, 'GET', path)).state));
      return states.filter((state) => state !== 'completed').length;
    });
    await until('there is one again', () =>
      fleet.lines.some((line) => /^workers: \d -> 1, the others drain$/.test(line)),
    );
    const attempts = await Promise.all(jobs.map(async (path) => (await api.expect(200, 'GET', path)).attempts));
    expect(attempts.filter((made) => made !== 1)).toEqual([]);

    const owner = JSON.parse(readFileSync(join(home, 'lock'), 'utf8')) as { pid: number };
    process.kill(owner.pid, 'SIGKILL');
    await until('everything has stopped', () => !loggedPids().some(lives), 60_000);
  });
});
