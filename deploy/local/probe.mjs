// @ts-check
import { createConnection, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * @typedef {{ kind: 'ready', detail?: string } | { kind: 'starting' } | { kind: 'refuses', why: string } | { kind:
 * 'silent', why: string }} ProbeOutcome
 */

const PROBE_TIMEOUT_MS = 3_000;

/**
 * Sends a Redis server PING and reads its eviction policy.
 * @param {string} url redis:// or rediss://, with credentials if it needs them
 * @returns {Promise<ProbeOutcome>} detail: the value of maxmemory-policy, if the server reports it
 */
export async function probeRedis(url) {
  const target = new URL(url);
  const user = decodeURIComponent(target.username);
  const password = decodeURIComponent(target.password);
  /** @type {string[][]} */
  const commands = password === '' ? [] : [user === '' ? ['AUTH', password] : ['AUTH', user, password]];
  commands.push(['PING'], ['CONFIG', 'GET', 'maxmemory-policy']);
  const request = Buffer.from(commands.map(encodeResp).join(''));
  const reply = await exchange(target, 6379, request, (text) => /^-/m.test(text) || /\+PONG\r\n.*\n$/s.test(text));
  if (reply instanceof Error) return { kind: 'silent', why: reply.message };
  if (/^-LOADING/m.test(reply)) return { kind: 'starting' };
  if (/^\+PONG/m.test(reply)) {
    const policy = /maxmemory-policy\r\n\$\d+\r\n([a-z-]+)/.exec(reply)?.[1];
    return policy === undefined ? { kind: 'ready' } : { kind: 'ready', detail: policy };
  }
  return {
    kind: 'refuses',
    why:
      reply
        .trim()
        .split('\r\n')
        .find((line) => line.startsWith('-'))
        ?.slice(1) ?? reply,
  };
}

/**
 * Opens a PostgreSQL connection far enough to see whether the server accepts connections; sends no password.
 * Any response but "not now" (SQLSTATE class 57P) counts: the first real connection checks the login.
 * @param {string} url postgresql://
 * @returns {Promise<ProbeOutcome>}
 */
export async function probePostgres(url) {
  const target = new URL(url);
  const user = decodeURIComponent(target.username) || 'postgres';
  const parameters = Buffer.from(
    `user\0${user}\0database\0${decodeURIComponent(target.pathname.slice(1)) || user}\0\0`,
  );
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4); // protocol 3.0
  const reply = await exchange(target, 5432, Buffer.concat([head, parameters]), (text) => text.length > 5);
  if (reply instanceof Error) return { kind: 'silent', why: reply.message };
  if (/^[RNv]/.test(reply)) return { kind: 'ready' };
  if (/C57P0/.test(reply)) return { kind: 'starting' };
  return reply.startsWith('E')
    ? { kind: 'ready' }
    : { kind: 'refuses', why: 'it does not speak the PostgreSQL protocol' };
}

/**
 * Waits until a server responds, or until it is clear that it will not.
 * @param {() => Promise<ProbeOutcome>} probe
 * @param {{ withinMs: number, gaveUp: () => boolean }} limits gaveUp: whether the server's process has ended
 * @returns {Promise<ProbeOutcome>} the last outcome
 */
export async function waitUntilReady(probe, { withinMs, gaveUp }) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const outcome = await probe();
    if (outcome.kind === 'ready' || gaveUp() || performance.now() > deadline) return outcome;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Finds a TCP port of 127.0.0.1 that is free now. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Whether this process could listen on host and port now.
 * @param {string} host
 * @param {number} port
 * @returns {Promise<{ kind: 'free' } | { kind: 'refused', code: string }>}
 */
export async function checkPort(host, port) {
  const server = createServer();
  try {
    await new Promise((resolve, reject) =>
      server.once('error', reject).listen({ host, port, exclusive: true }, () => resolve(undefined)),
    );
    return { kind: 'free' };
  } catch (error) {
    return { kind: 'refused', code: /** @type {NodeJS.ErrnoException} */ (error).code ?? 'unknown' };
  } finally {
    server.close();
  }
}

/** @param {string[]} words */
function encodeResp(words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/**
 * Sends bytes and collects the reply until it is complete.
 * @param {URL} target
 * @param {number} defaultPort
 * @param {Buffer} request
 * @param {(text: string) => boolean} isComplete
 * @returns {Promise<string | Error>}
 */
function exchange(target, defaultPort, request, isComplete) {
  const where = { host: target.hostname.replace(/^\[|\]$/g, ''), port: Number(target.port || defaultPort) };
  return new Promise((resolve) => {
    const socket =
      target.protocol === 'rediss:' ? connectTls({ ...where, servername: where.host }) : createConnection(where);
    let text = '';
    const finish = (/** @type {string | Error} */ result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish(text === '' ? new Error('no answer in time') : text));
    socket
      .once('error', finish)
      .once('close', () => finish(text === '' ? new Error('the connection was closed') : text));
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (isComplete(text)) finish(text);
    });
    socket.write(request);
  });
}
