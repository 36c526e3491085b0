import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpsServer } from './opsServer.js';
import { createOpsServer } from './opsServer.js';

const opened: OpsServer[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop(AbortSignal.timeout(1_000))));
});

async function open(ready: boolean, registry = new Registry()): Promise<string> {
  const readiness = async () => ({ ready, checks: { redis: ready } });
  const server = createOpsServer({ host: '127.0.0.1', port: 0 }, registry, readiness);
  opened.push(server);
  await server.start();
  return server.url();
}

describe('createOpsServer', () => {
  it('answers probes, with 503 while the process is not ready', async () => {
    const url = await open(false);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'ok' });
    const readiness = await fetch(`${url}/readyz?verbose`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toEqual({ status: 'not ready', checks: { redis: false } });
  });

  it('serves metrics in the format of Prometheus', async () => {
    const answer = await fetch(`${await open(true)}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
  });

  it('answers 404 for other paths and methods, and 500 when metrics cannot be read', async () => {
    const registry = new Registry();
    registry.metrics = () => Promise.reject(new Error('secret'));
    const url = await open(true, registry);
    for (const path of ['/', '/constructor', '/livez/x']) expect((await fetch(url + path)).status).toBe(404);
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(404);
    const failed = await fetch(`${url}/metrics`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret');
  });

  it('fails to start on a port that is taken, and stops without having started', async () => {
    const { port } = new URL(await open(true));
    const address = { host: '127.0.0.1', port: Number(port) };
    const second = createOpsServer(address, new Registry(), async () => ({ ready: true, checks: {} }));
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.stop(AbortSignal.timeout(1_000));
  });
});
