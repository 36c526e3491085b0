import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { WebClientOptions } from './webClient.js';
import { createWebClient } from './webClient.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Starts a server on a free loopback port that counts its requests. */
async function listen(
  answer: Answer,
): Promise<{ url: string; port: number; requests: IncomingMessage[]; sockets: () => number }> {
  const requests: IncomingMessage[] = [];
  let sockets = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on('connection', () => {
    sockets++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, requests, sockets: () => sockets };
}

function open(options: Partial<WebClientOptions> = {}) {
  const client = createWebClient({ allowPrivateAddresses: true, ...options });
  closers.push(() => client.stop(AbortSignal.timeout(1_000)));
  return (url: string, signal = new AbortController().signal) => client.post({ url, headers: {}, body: '{}', signal });
}

describe('createWebClient', () => {
  test('answers with the status and Retry-After, over connections that it keeps', async () => {
    const server = await listen((_request, response) => response.writeHead(429, { 'retry-after': '7' }).end('later'));
    const post = open();
    for (let i = 0; i < 10; i++) await expect(post(server.url)).resolves.toEqual({ status: 429, retryAfter: '7' });
    expect(server.requests).toHaveLength(10);
    // The next request may be sent before the previous one's connection is free again.
    expect(server.sockets()).toBeLessThanOrEqual(2);
  });

  test('does not follow a redirect', async () => {
    const server = await listen((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    await expect(open()(server.url)).resolves.toMatchObject({ status: 302 });
    expect(server.requests).toHaveLength(1);
  });

  test('never connects to a private address, written or resolved', async () => {
    const server = await listen((_request, response) => response.end());
    const post = open({ allowPrivateAddresses: false });
    await expect(post(server.url)).rejects.toMatchObject({ code: 'address_refused' });
    await expect(post(`http://localhost:${server.port}/`)).rejects.toMatchObject({ code: 'address_refused' });
    expect(server.sockets()).toBe(0);
  });

  test('takes the status of an answer whose body is too long or breaks off', async () => {
    const long = await listen((_request, response) => response.end('x'.repeat(10_000_000)));
    const broken = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy());
    });
    const post = open();
    await expect(post(long.url)).resolves.toMatchObject({ status: 200 });
    await expect(post(broken.url)).resolves.toMatchObject({ status: 200 });
  });

  test('gives up on an answer that does not come in time', async () => {
    const server = await listen(() => undefined);
    await expect(open({ answerMs: 50 })(server.url)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  test("ends with the signal's reason when that aborts", async () => {
    const stop = new AbortController();
    const server = await listen(() => stop.abort(new Error('cancelled')));
    await expect(open()(server.url, stop.signal)).rejects.toThrow('cancelled');
  });

  test('stopping twice is harmless', async () => {
    const client = createWebClient({ allowPrivateAddresses: false });
    await client.stop(AbortSignal.timeout(1_000));
    await client.stop(AbortSignal.timeout(1_000));
  });
});
