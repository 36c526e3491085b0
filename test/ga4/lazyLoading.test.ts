import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const WORKER = new URL('../../apps/worker/dist/', import.meta.url).href;

/** Loads a worker's code in a process of its own, starts its GA4 client, and says what of Google's was loaded. */
const SCRIPT = `
import { createRequire } from 'node:module';
await import('${WORKER}worker.js');
const { createGa4Client } = await import('@sluice/ga4/server');
const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('google-gax')).length;
const settings = { endpoint: 'http://127.0.0.1:9' };
const client = createGa4Client({ settings, allowPrivateAddresses: true, now: Date.now });
await client.start();
const before = loaded();
await client.runReport({ property: 'properties/1' }, AbortSignal.timeout(20_000)).catch(() => undefined);
await client.stop();
console.log(JSON.stringify({ before, after: loaded() }));
`;

it("a worker that runs no report does not load Google's client", async () => {
  const cwd = fileURLToPath(WORKER);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT], { cwd });
  const { before, after } = JSON.parse(stdout) as { before: number; after: number };
  expect(before).toBe(0);
  expect(after).toBeGreaterThan(10);
});
