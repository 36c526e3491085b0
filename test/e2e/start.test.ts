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
import { until } from '../support/until.js';

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
  async function start(): Promise<Started> {
    const { REDIS_URL: _redis, DATABASE_URL: _database, ...environment } = process.env;
    const child = spawn('npm', ['start'], {
      cwd: REPOSITORY,
      env: { ...environment, SLUICE_HOME: home, PORT: '0', DASHBOARD_PORT: '0' },
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

  /** The commands of the README that make a tenant and submit a job, for a fleet at another address. */
  function firstJobCommands(api: string): string {
    const blocks = readFileSync(join(REPOSITORY, 'README.md'), 'utf8').matchAll(/```sh\n([^`]*)```/g);
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

    const second = await start();
    const again = createHttpClient(apiOf(second), readFileSync(keyFile, 'utf8').trim(), { 'x-tenant-id': 'acme' });
    expect(await again.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'completed' });
    second.child.kill('SIGTERM');
    await second.exited;
    await until('everything has stopped', () => !loggedPids().some(lives));
  }, 240_000);
});
