import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttemptStop } from '../attempt/attemptStop.js';
import type { IsolatedAttempt } from './isolation.js';
import { createIsolation } from './isolation.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-isolation-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lines: object[] = [];
const note = (fields: object): void => void lines.push(fields);
const log = { debug: note, info: note, warn: note, error: note };

/**
 * Runs a process that executes this script on its `run` message; the script has `say`, and `message` from its parent.
 */
async function run(script: string, more: Partial<IsolatedAttempt> = {}, stop = createAttemptStop()) {
  const program = join(folder, `${Math.random()}.mjs`);
  const say = 'const say = (word) => new Promise((done) => process.send(word, undefined, undefined, done));';
  await writeFile(program, `${say}\nprocess.on('message', async (message) => {\n${script}\n});`);
  const isolation = createIsolation({
    setup: {
      tasks: { builtIn: true, faultTasks: false, modules: [], from: '.' },
      postgres: { url: '', schema: '' },
      allowPrivateAddresses: false,
      exportsDir: '',
      ga4: { endpoint: undefined, credentialsFile: undefined, credentials: undefined, anyProperty: false },
    },
    blockedMs: 1_000,
    processes: 1,
    memoryMb: 64,
    environment: { ...process.env, DATABASE_URL: 'secret', MY_TOKEN: 'mine' },
    passedOn: ['MY_TOKEN'],
    log,
    program,
  });
  return isolation.run(
    {
      task: 'system.probe',
      data: { a: 1 },
      jobId: 'job',
      tenantId: 'acme',
      fence: 3,
      traceparent: null,
      timeoutMs: 30_000,
      mayBlock: false,
      progress: async () => undefined,
      log: async () => undefined,
      ...more,
    },
    stop,
  );
}

const STARTED = "if (message.kind === 'run') await say({ kind: 'started' });";
const DONE = "await say({ kind: 'returned', json: '7' });";

describe('an attempt in a process of its own', () => {
  it('receives its job and returns its result, with only the environment variables that it needs', async () => {
    const result = await run(
      `${STARTED} await say({ kind: 'returned', json: JSON.stringify({ attempt: message.attempt, env: [process.env.DATABASE_URL ?? null, process.env.MY_TOKEN] }) }); process.exit(0);`,
    );
    expect(result).toEqual({
      kind: 'returned',
      value: { env: [null, 'mine'], attempt: expect.objectContaining({ jobId: 'job', fence: 3, data: { a: 1 } }) },
    });
  });

  it('counts as returned when its process crashes afterwards, or does not end', async () => {
    expect(await run(`${STARTED} ${DONE} process.kill(process.pid, 'SIGKILL');`)).toEqual({
      kind: 'returned',
      value: 7,
    });
    expect(await run(`${STARTED} ${DONE} setInterval(() => 0, 1000);`)).toEqual({ kind: 'returned', value: 7 });
  });

  it.each([
    ['exits by itself', 'process.exit(0);'],
    ['is killed', "process.kill(process.pid, 'SIGKILL');"],
    ['runs out of memory', 'const hoard = []; for (;;) hoard.push(new Array(100000).fill(hoard.length + 0.5));'],
    ['throws', "throw new Error('boom');"],
    ['says what no attempt says', "await say({ kind: 'please' }); setInterval(() => 0, 1000);"],
    ['says what is no JSON', "await say({ kind: 'returned', json: '{' }); setInterval(() => 0, 1000);"],
    ['says too much', "await say({ kind: 'returned', json: 'x'.repeat(2000000) }); setInterval(() => 0, 1000);"],
    ['asks for too much', "for (let call = 0; call < 2000; call++) process.send({ kind: 'log', call, line: 'x' });"],
  ])('that %s has died', async (_what, script) => {
    const never = () => new Promise<void>(() => undefined);
    const stuck = script.includes('2000; call') ? { log: never } : {};
    expect(await run(`${STARTED} ${script}`, stuck)).toMatchObject({ kind: 'died', error: { code: 'attempt_failed' } });
  });

  it('that ends before it ran anything is put off', async () => {
    expect(await run('process.exit(1);')).toMatchObject({
      kind: 'threw',
      error: { code: 'upstream_paced', retryAfterMs: 5_000 },
    });
  });

  it('has its progress carried out before it is told so, and hears of failures', async () => {
    const seen: unknown[] = [];
    const progress = async (value: unknown): Promise<void> => {
      seen.push(value);
      throw new Error('Redis is away');
    };
    const script = `${STARTED}
      if (message.kind === 'run') await say({ kind: 'progress', call: 9, json: '{"at":1}' });
      else { await say({ kind: 'returned', json: JSON.stringify(message) }); process.exit(0); }`;
    expect(await run(script, { progress })).toEqual({
      kind: 'returned',
      value: { kind: 'answered', call: 9, error: 'Redis is away' },
    });
    expect(seen).toEqual([{ at: 1 }]);
  });

  it('is killed when it does not heed its signal, or its time is up, also while it gives no way', async () => {
    expect(await run(`${STARTED} for (;;);`, { timeoutMs: 100 })).toMatchObject({
      kind: 'threw',
      error: { code: 'attempt_timed_out' },
    });
    const stop = createAttemptStop();
    stop.onStop(() => undefined);
    const running = run(
      `${STARTED} if (message.kind === 'run') await say({ kind: 'log', call: 1, line: 'x' });`,
      {
        log: async () => stop.stop('cancelled'),
      },
      stop,
    );
    expect(await running).toEqual({ kind: 'stopped', reason: 'cancelled' });
  });

  it('has what it writes logged, up to a bound', async () => {
    lines.length = 0;
    await run(`${STARTED} for (let i = 0; i < 10000; i++) console.log('line ' + i); ${DONE} process.exit(0);`);
    expect(lines).toHaveLength(51);
    expect(lines[0]).toMatchObject({ event: 'attempt_output', jobId: 'job', line: 'line 0' });
  });
});
