import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../docs/repository.js';
import { deleteKeys } from '../support/deleteKeys.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet();
});

afterAll(async () => {
  await fleet.close();
});

describe('a Redis that came back empty', () => {
  it('is built anew by the statement in docs/deploying.md: every unfinished job runs, and no finished one', async () => {
    const acme = await fleet.tenant('acme');
    const worker = await fleet.start('worker');
    const scaler = await fleet.start('scaler');
    const submit = async (delayMs?: number): Promise<string> => {
      const job = { task: 'system.probe', data: {}, ...(delayMs === undefined ? {} : { delayMs }) };
      return String((await acme.expect(202, 'POST', '/api/v1/jobs', job)).id);
    };
    const stateOf = async (id: string): Promise<unknown> => (await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).state;
    const done = await submit();
    await until('the first job is done', async () => (await stateOf(done)) === 'completed');
    await worker.stop();
    const waiting = await Promise.all(Array.from({ length: 20 }, () => submit()));
    const delayed = await submit(3_000);
    await scaler.stop();

    await emptyRedis();
    await fleet.space.postgres.db.$client.query(statement());
    await fleet.start('worker');
    await fleet.start('scaler');

    for (const id of [...waiting, delayed]) {
      await until(`job ${id} is done`, async () => (await stateOf(id)) === 'completed');
    }
    const { rows } = await fleet.space.postgres.db.$client.query<{ fence: number; jobs: string }>(
      'SELECT fence, count(*) AS jobs FROM jobs GROUP BY fence',
    );
    expect(rows).toEqual([{ fence: 1, jobs: '22' }]);
  });
});

/** The documented statement, for the tables of this test. */
function statement(): string {
  const found = /UPDATE sluice\.jobs SET [^"]+/.exec(textOf('docs/deploying.md'))?.[0];
  if (found === undefined) throw new Error('docs/deploying.md no longer says how to build Redis anew');
  return found.replace('sluice.jobs', 'jobs');
}

async function emptyRedis(): Promise<void> {
  await deleteKeys(fleet.space.redis.client, fleet.space.prefix);
}
