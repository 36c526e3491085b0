import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP } from '../../apps/scaler/src/simulate/help.js';
import { readRecordedLoad } from '../../apps/scaler/src/simulate/load/recordedLoad.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { newJob } from '../support/newJob.js';
import { REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);
const COMMAND = /^ *npm run (?:-s )?simulate(?: -- (.+))?$/gm;
const documented = [textOf('docs/measuring.md'), textOf('docs/deploying.md'), HELP].flatMap((text) =>
  [...text.matchAll(COMMAND)].map(([, options = '']) => options),
);

let space: FleetSpace;
let folder: string;
beforeAll(async () => {
  space = await openFleetSpace();
  folder = await mkdtemp(join(tmpdir(), 'sluice-simulate-'));
  await writeFile(join(folder, 'load.csv'), await exportLoad());
});
afterAll(async () => {
  await space.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the statement of docs/deploying.md over two jobs that ran for 200 ms each, and one that still runs. */
async function exportLoad(): Promise<string> {
  const { db } = space.postgres;
  const [ran, other, runs] = [newJob(), newJob({ tenantId: 'globex' }), newJob()];
  await insertJobs(db, [ran, other, runs]);
  await claimJobs(
    db,
    [ran, other, runs].map(({ id, tenantId }) => ({ id, tenantId, workerId: 'w1' })),
  );
  const schema = `"${space.prefix}"`;
  await db.$client.query(
    `INSERT INTO ${schema}.attempts (job_id, number, tenant_id, worker_id, finished_at)
     SELECT id, 1, tenant_id, 'w1', now() + interval '0.2 s' FROM ${schema}.jobs WHERE id = ANY($1::uuid[])`,
    [[ran.id, other.id]],
  );
  const [, statement = ''] = /"(SELECT floor[\s\S]+?)" > load\.csv/.exec(textOf('docs/deploying.md')) ?? [];
  const { rows, fields } = await db.$client.query<Record<string, unknown>>(
    statement.replaceAll('sluice.', `${schema}.`),
  );
  const names = fields.map(({ name }) => name);
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => cells.join(',')).join('\n');
}

async function programOf(command: string): Promise<string> {
  const table = (await import(new URL('../../deploy/local/commands.mjs', import.meta.url).href)) as {
    COMMANDS: Record<string, { run: readonly (readonly string[])[] }>;
  };
  return join(REPOSITORY, table.COMMANDS[command]?.run.at(-1)?.[0] ?? 'missing');
}

describe('npm run simulate', () => {
  it('is shown with examples in the documentation and in its help', () => {
    expect(documented.length).toBeGreaterThanOrEqual(9);
  });

  it.each(documented)('runs as documented: %s', async (options) => {
    const program = await programOf('simulate');
    const { stdout, stderr } = await run('sh', ['-c', `"$0" "$1" ${options}`, process.execPath, program], {
      cwd: folder,
    });
    expect(stderr).toBe('');
    if (options.includes('--json')) expect(JSON.parse(stdout)).toMatchObject({ summaries: expect.any(Array) });
    else expect(stdout).toMatch(options.includes('--help') ? /Examples/ : /slot-seconds/);
  });

  it('exits 2 and says in a sentence what is wrong', async () => {
    const failed = run(process.execPath, [await programOf('simulate'), '--policy', 'fifo']);
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('must be one of'),
    });
  });

  it('reads what the documented statement writes from the ledger', async () => {
    const load = readRecordedLoad(await exportLoad(), 'load.csv');
    expect([...load.keys()].toSorted()).toEqual(['acme', 'globex']);
    expect(load.get('globex')?.[0]).toMatchObject({ serviceMs: 200 });
  });
});
