import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { localStartCommands } from './localProcesses.js';
import { rehearseImage } from './rehearseImage.js';

const PROCESSES = ['producer', 'worker', 'scaler', 'dashboard'];
let home: string;
let image: string;
let space: FleetSpace;
let commands: Record<string, string[]>;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  commands = await localStartCommands();
  space = await openFleetSpace();
  image = rehearseImage(home);
}, 600_000);

afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await space.close();
});

describe('what the image holds', () => {
  it('is no tests, no sources, no types and no tools for development', () => {
    const files = readdirSync(image, { recursive: true, encoding: 'utf8' });
    const ours = files.filter((path) => !path.startsWith('node_modules/'));
    expect(ours.filter((path) => /\.(ts|map|tsbuildinfo)$/.test(path) || path.includes('.test.'))).toEqual([]);
    for (const tool of ['typescript', 'vitest', '@biomejs', 'drizzle-kit', 'esbuild', 'fast-check', 'knip']) {
      expect(existsSync(join(image, 'node_modules', tool)), tool).toBe(false);
    }
  });

  it('is no native code, so that it is the same on every processor and C library', () => {
    const files = readdirSync(image, { recursive: true, encoding: 'utf8' });
    expect(files.filter((path) => /\.(node|so|dylib|dll|exe)$/.test(path))).toEqual([]);
  });

  it('is the Lua scripts and migrations too, which the compiler does not carry along', () => {
    const files = readdirSync(join(image, 'packages'), { recursive: true, encoding: 'utf8' });
    for (const carried of [/^fleet\/dist\/.*\.lua$/, /^fleet\/dist\/.*\.sql$/, /^limits\/dist\/.*\.lua$/]) {
      expect(files.some((path) => carried.test(path))).toBe(true);
    }
  });
});

describe('each process of the image', () => {
  it('brings the ledger up to date', () => {
    const { migrate = [] } = commands;
    const done = spawnSync(process.execPath, migrate, { cwd: image, encoding: 'utf8', env: { ...space.environment } });
    expect(done.status, done.stdout + done.stderr).toBe(0);
  });

  for (const name of PROCESSES) {
    it(`${name} says what to set when nothing is set, and exits 1`, () => {
      const done = spawnSync(process.execPath, commands[name] ?? [], { cwd: image, encoding: 'utf8', env: {} });
      expect(done.status).toBe(1);
      expect(done.stderr).toContain('REDIS_URL is not set: must be a URL that starts with redis://');
    });

    it(`${name} becomes ready, passes the container's health check, and ends in peace`, async () => {
      const child = spawn(process.execPath, commands[name] ?? [], {
        cwd: image,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...space.environment,
          PORT: '0',
          DASHBOARD_PORT: '0',
          OPS_PORT: '0',
          SLUICE_OPERATOR_KEY: 'a key for this test alone',
          EXPORTS_DIR: join(home, 'exports'),
        },
      });
      const exited = once(child, 'exit');
      try {
        const url = await readyUrl(child.stdout);
        const check = spawn(process.execPath, ['deploy/docker/ready.mjs', `${url}/readyz`], { cwd: image });
        expect(await once(check, 'exit')).toEqual([0, null]);
      } finally {
        child.kill('SIGTERM');
      }
      expect(await exited).toEqual([0, null]);
    });
  }
});

async function readyUrl(output: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: output })) {
    lines.push(line);
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    if (msg !== 'ready') continue;
    output.resume();
    return url ?? '';
  }
  throw new Error(`it ended before it was ready:\n${lines.join('\n')}`);
}
