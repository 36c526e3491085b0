// @ts-check
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { supervise } from './supervise.mjs';

const READY = "console.log(JSON.stringify({ level: 30, msg: 'ready', url: 'http://here' }));";
const STAY = 'setInterval(() => undefined, 60_000);';

/** @type {string} */
let dir;
/** @type {string[]} */
let shown;
/** @type {ReturnType<typeof supervise> | undefined} */
let supervised;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-supervise-'));
  shown = [];
});
afterEach(async () => {
  await supervised?.stop();
  rmSync(dir, { recursive: true });
});

/** @param {string} script */
function watch(script) {
  const logFile = join(dir, 'one.log');
  const surroundings = { cwd: dir, env: process.env, logFile, restarts: true };
  const show = (/** @type {string} */ line) => void shown.push(line);
  supervised = supervise({ name: 'one', argv: ['-e', script], ...surroundings, show });
  return supervised;
}

describe('supervise', () => {
  it('knows where a process is once that says that it is ready', async () => {
    const one = watch(`${READY} ${STAY}`);
    await one.start();
    expect(one.url()).toBe('http://here');
  });

  it('shows the last lines of a process that ends before it is ready', async () => {
    await expect(watch("console.error('no luck'); process.exit(3);").start()).rejects.toThrow(
      /one ended with exit code 3[\s\S]*no luck/,
    );
  });

  it('starts a process again that ended after it was ready, and lets it be once it is stopped', async () => {
    const one = watch(`${READY} ${STAY}`);
    await one.start();
    const first = one.pid();
    process.kill(Number(first), 'SIGKILL');
    await vi.waitFor(() => expect(shown.at(-1)).toBe('one is ready again'), 20_000);
    expect(one.pid()).not.toBe(first);
    const linesSoFar = shown.length;
    await one.stop();
    expect(shown).toHaveLength(linesSoFar);
  });

  it('keeps every line that a process writes as it ends', async () => {
    const farewell = "for (let i = 0; i < 5_000; i++) console.log('bye ' + i); clearInterval(stay);";
    const one = watch(`const stay = ${STAY} process.on('SIGTERM', () => { ${farewell} }); ${READY}`);
    await one.start();
    await one.stop();
    expect(readFileSync(one.logFile, 'utf8').match(/^bye \d+$/gm)).toHaveLength(5_000);
  });

  it('leaves nothing running when it is stopped while it starts', async () => {
    const one = watch(`${READY} ${STAY}`);
    const started = one.start().catch(() => undefined);
    await one.stop();
    await started;
    const pid = one.pid();
    await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow());
  });
});
