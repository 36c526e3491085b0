import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP } from '../../apps/scaler/src/rebuild/help.js';
import { filesEndingIn, REPOSITORY, textOf } from '../docs/repository.js';
import { deleteKeys } from '../support/deleteKeys.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const COMMAND = /(?:npm run (?:-s )?rebuild|rebuildMain\.js)(?: --)?((?: --[a-z-]+)*) *`?[.:]?$/gm;
const documented = [
  HELP,
  ...filesEndingIn('.md')
    .filter((path) => path.startsWith('docs/'))
    .map(textOf),
].flatMap((text) => [...text.matchAll(COMMAND)].map(([, options = '']) => options.trim()));

let fleet: Fleet;
let program: readonly string[];

beforeAll(async () => {
  fleet = await startFleet();
  const table = (await import(new URL('../../deploy/local/commands.mjs', import.meta.url).href)) as {
    COMMANDS: Record<string, { run: readonly (readonly string[])[] }>;
  };
  program = table.COMMANDS.rebuild?.run.at(-1) ?? [];
});

afterAll(async () => {
  await fleet.close();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as it is documented; nobody is there to type. */
async function rebuild(options: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...fleet.space.environment, ...environment };
  const given = options === '' ? [] : options.split(' ');
  try {
    const { stdout, stderr } = await run(process.execPath, [...program, ...given], { cwd: REPOSITORY, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}

async function report(options: string): Promise<Record<string, unknown>> {
  return JSON.parse((await rebuild(`${options} --json`)).stdout) as Record<string, unknown>;
}

async function emptyRedis(): Promise<void> {
  await deleteKeys(fleet.space.redis.client, fleet.space.prefix);
}

describe('npm run rebuild', () => {
  it('is shown in its help, in the documentation and in every runbook', () => {
    expect(new Set(documented)).toEqual(
      new Set(['', '--dry-run', '--merge', '--empty', '--empty --yes', '--merge --json']),
    );
    for (const path of filesEndingIn('.md').filter((one) => one.startsWith('docs/runbooks/'))) {
      expect(textOf(path), path).toMatch(/npm run rebuild/);
    }
  });

  it('is run in Compose by the same program, and the runbooks name only services that there are', () => {
    const texts = filesEndingIn('.md')
      .filter((path) => path.startsWith('docs/runbooks/'))
      .map(textOf);
    const compose = texts.flatMap((text) => [...text.matchAll(/docker compose (?:stop|start|exec|run) (.+)$/gm)]);
    const services = [...textOf('docker-compose.yml').matchAll(/^ {2}([a-z]+):$/gm)].map(([, name]) => name);
    for (const [line, rest = ''] of compose) {
      const words = rest.split(' ').filter((word) => !word.startsWith('-'));
      const named = /compose (?:exec|run)/.test(line) ? words.slice(0, 1) : words;
      expect(services, line).toEqual(expect.arrayContaining(named));
      if (words.includes('node')) expect(line).toContain(`node ${program.join(' ')}`);
    }
    expect(compose.length).toBeGreaterThan(8);
  });

  it('builds an emptied Redis anew: every unfinished job runs, and no finished one', async () => {
    const acme = await fleet.tenant('acme');
    const worker = await fleet.start('worker');
    const scaler = await fleet.start('scaler');
    const submit = async (delayMs?: number): Promise<string> => {
      const job = { task: 'system.probe', data: {}, ...(delayMs === undefined ? {} : { delayMs }) };
      return String((await acme.expect(202, 'POST', '/api/v1/jobs', job)).id);
    };
    const stateOf = async (id: string): Promise<unknown> => (await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).state;
    const done = await submit();
    await until('the first job is done', async () => (await stateOf(done)) === 'completed', 60_000);
    await Promise.all([worker.stop(), scaler.stop()]);
    const waiting = await Promise.all(Array.from({ length: 20 }, () => submit()));
    const delayed = await submit(3_000);
    const { $client } = fleet.space.postgres.db;
    await until('the producer has marked them all', async () => {
      return (await $client.query("SELECT 1 FROM jobs WHERE state = 'accepted'")).rowCount === 0;
    });
    await $client.query("UPDATE jobs SET updated_at = now() - interval '1 minute'");

    expect(await report('--dry-run')).toMatchObject({ outcome: 'compared', unfinished: 21, added: 0 });
    await emptyRedis();
    expect(await report('--dry-run')).toMatchObject({ outcome: 'compared', unfinished: 21, added: 21, lanes: 0 });
    expect(await fleet.space.redis.client.exists(fleet.space.keys.epoch(0))).toBe(0);
    expect(await rebuild('')).toMatchObject({ code: 0, stdout: expect.stringContaining('21 jobs added') });
    expect(await rebuild('')).toMatchObject({ code: 3, stdout: expect.stringContaining('--merge') });
    expect(await report('--merge')).toMatchObject({ outcome: 'done', rows: 21, added: 0 });
    expect(await rebuild('--empty')).toMatchObject({ code: 1, stdout: expect.stringContaining('Not confirmed') });
    const whole = await report('--empty --yes');
    expect(whole).toMatchObject({ outcome: 'done', added: 21 });
    expect(whole.deletedKeys).toBeGreaterThan(21);
    await $client.query("UPDATE jobs SET state = 'active', worker_id = 'gone', timeout_ms = 3600000 WHERE id = $1", [
      waiting[0],
    ]);
    await $client.query("UPDATE jobs SET updated_at = now() - interval '1 minute' WHERE finished_at IS NULL");
    expect(await report('--empty --yes')).toMatchObject({ outcome: 'done', added: 21 });

    await fleet.start('worker');
    await fleet.start('scaler');
    for (const id of [...waiting, delayed]) {
      await until(`job ${id} is done`, async () => (await stateOf(id)) === 'completed', 60_000);
    }
    const { rows } = await $client.query<{ fence: number; jobs: string }>(
      'SELECT fence, count(*) AS jobs FROM jobs GROUP BY fence',
    );
    expect(rows).toEqual([{ fence: 1, jobs: '22' }]);
  });

  it('says in a sentence what is wrong', async () => {
    expect(await rebuild('--help')).toEqual({ code: 0, stdout: HELP, stderr: '' });
    expect(await rebuild('--merge --empty')).toMatchObject({ code: 2, stderr: expect.stringContaining('choose one') });
    expect(await rebuild('--fast')).toMatchObject({ code: 2, stderr: expect.stringContaining('--fast') });
    const away = await rebuild('', { REDIS_URL: 'redis://127.0.0.1:1' });
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('Redis cannot be reached') });
  });
});
