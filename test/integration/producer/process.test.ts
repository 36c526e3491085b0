import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';

const MAIN = fileURLToPath(new URL('../../../apps/producer/dist/bundle/main.js', import.meta.url));

describe('the process', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(() => fleet.close());

  it('answers what is under way when it is told to end, and leaves nothing accepted behind', async () => {
    const tenant = await fleet.tenant('acme');
    const job = { task: 'system.probe', data: {} };
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', job);
    const waiting = tenant.call('GET', `/api/v1/jobs/${id}/result?waitMs=30000`);
    const submitted = await Promise.all(Array.from({ length: 200 }, () => tenant.call('POST', '/api/v1/jobs', job)));
    const stopped = fleet.producer.stop();
    expect((await waiting).status).toBe(202);
    expect(await stopped).toBe(0);
    expect(submitted.every(({ status }) => status === 202)).toBe(true);
    const { rows } = await fleet.space.postgres.db.$client.query(
      'SELECT state, count(*)::int FROM jobs GROUP BY state',
    );
    expect(rows).toEqual([{ state: 'queued', count: 201 }]);
    expect(fleet.producer.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    await expect(fetch(`${fleet.producer.url}/livez`)).rejects.toThrow();
  });

  it.each([
    ['no operator key', { SLUICE_OPERATOR_KEY: '' }, 'Set SLUICE_OPERATOR_KEY'],
    ['a short secret', { JWT_SECRET: 'short' }, 'JWT_SECRET has a value (hidden): must be at least 32'],
    ['no Redis', { REDIS_URL: '' }, 'REDIS_URL is not set'],
  ])('says in a sentence what is wrong with %s', async (_what, environment, sentence) => {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...fleet.space.environment, SLUICE_OPERATOR_KEY: 'a key that is long enough', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(said).toContain(sentence);
    expect(said).not.toContain('    at ');
  });
});
