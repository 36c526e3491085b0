import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestProducer } from '../producer/support.js';
import { openProducer, settle, submit } from '../producer/support.js';

const page = readFileSync(new URL('../../../docs/streams.md', import.meta.url), 'utf8');

type FollowJob = (
  url: string,
  key: string,
  jobId: string,
  onEvent: (event: string, data: object) => void,
) => Promise<void>;

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

it('has an example for browsers that reads a job to its end', async () => {
  const acme = await producer.user('acme');
  const id = await submit(acme);
  const source = `data:text/javascript,${encodeURIComponent(example('js'))}`;
  const { followJob } = (await import(/* @vite-ignore */ source)) as { followJob: FollowJob };
  const events: string[] = [];
  const followed = followJob(producer.url, acme.token, id, (event) => events.push(event));
  await settle(producer.space, id, 'completed');
  await followed;
  expect(events.at(-1)).toBe('done');
});
