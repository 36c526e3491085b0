// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkPort, freePort, probePostgres, probeRedis, waitUntilReady } from './probe.mjs';

/** @type {import('node:net').Server[]} */
const servers = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/**
 * Starts a server that sends the same reply to everything.
 * @param {string} reply
 * @returns {Promise<string>} its host and port
 */
async function answering(reply) {
  const server = createServer(
    (socket) => void socket.on('error', () => undefined).once('data', () => socket.end(reply)),
  );
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}

describe('probeRedis', () => {
  it.each([
    ['+OK\r\n+PONG\r\n*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n', { kind: 'ready', detail: 'noeviction' }],
    ['+PONG\r\n-NOPERM no config\r\n', { kind: 'ready' }],
    ['-LOADING Redis is loading the dataset in memory\r\n', { kind: 'starting' }],
    ['-NOAUTH Authentication required.\r\n', { kind: 'refuses', why: 'NOAUTH Authentication required.' }],
  ])('reads %j', async (reply, expected) => {
    expect(await probeRedis(`redis://:secret@${await answering(reply)}`)).toEqual(expected);
  });

  it('tells a port where nothing listens', async () => {
    expect(await probeRedis(`redis://127.0.0.1:${await freePort()}`)).toMatchObject({ kind: 'silent' });
  });
});

describe('probePostgres', () => {
  it.each([
    ['R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0', { kind: 'ready' }],
    ['E\0\0\0\x40SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0', { kind: 'starting' }],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', { kind: 'refuses', why: expect.stringContaining('protocol') }],
  ])('reads %j', async (reply, expected) => {
    expect(await probePostgres(`postgresql://a:b@${await answering(reply)}/c`)).toEqual(expected);
  });
});

describe('waitUntilReady', () => {
  it('asks until the server is ready', async () => {
    let asked = 0;
    const probe = async () =>
      /** @type {import('./probe.mjs').ProbeOutcome} */ ({ kind: ++asked < 3 ? 'starting' : 'ready' });
    expect((await waitUntilReady(probe, { withinMs: 5_000, gaveUp: () => false })).kind).toBe('ready');
    expect(asked).toBe(3);
  });

  it('does not wait for a server that has ended', async () => {
    const probe = async () => /** @type {const} */ ({ kind: 'silent', why: 'refused' });
    expect((await waitUntilReady(probe, { withinMs: 60_000, gaveUp: () => true })).kind).toBe('silent');
  });
});

it('checkPort tells a free port from a taken one', async () => {
  const port = Number((await answering('')).split(':')[1]);
  expect(await checkPort('127.0.0.1', port)).toEqual({ kind: 'refused', code: 'EADDRINUSE' });
  expect(await checkPort('127.0.0.1', await freePort())).toEqual({ kind: 'free' });
});
