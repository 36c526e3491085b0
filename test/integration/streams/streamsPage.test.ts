import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REPOSITORY, textOf } from '../../docs/repository.js';
import type { TestProducer } from '../producer/support.js';
import { openProducer, settle, submit } from '../producer/support.js';

const page = textOf('docs/streams.md');

let producer: TestProducer;
beforeAll(async () => {
  producer = await openProducer();
});
afterAll(() => producer.close());

function example(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`no example in ${language}`);
  return found;
}

it('has an example for curl that reads a job to its end', async () => {
  const acme = await producer.user('acme');
  const id = await submit(acme);
  await settle(producer.space, id, 'completed');
  const env = { PATH: process.env.PATH, SLUICE_URL: producer.url, SLUICE_KEY: acme.token, JOB_ID: id };
  const { stdout } = await promisify(execFile)('sh', ['-c', example('sh')], { env });
  expect(stdout).toMatch(/^retry: \d+\n/);
  expect(stdout).toContain('event: done\n');
});

it('has an example for browsers and Node.js that reads a job to its end', async () => {
  const acme = await producer.user('acme');
  const id = await submit(acme);
  const env = { PATH: process.env.PATH, SLUICE_URL: producer.url, SLUICE_KEY: acme.token, JOB_ID: id };
  const read = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', example('js')], {
    cwd: REPOSITORY,
    env,
  });
  await settle(producer.space, id, 'completed');
  const { stdout } = await read;
  expect(stdout).toMatch(/^done \{$/m);
});
