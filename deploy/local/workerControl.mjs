// @ts-check
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LONGEST_BODY = 1_000;

/**
 * Lets the scaler, or any process of the same user on this machine, set the desired number of workers: HTTP on a Unix
 * socket in a private folder. `GET /workers` returns `{wanted, running, max}`; `PUT /workers {from, wanted}` sets the
 * number, with 409 when it is no longer `from`. The pool stays in this process, so that a scaler may crash and restart
 * at any time.
 * @param {Pick<import('./workerPool.mjs').WorkerPool, 'max' | 'state' | 'want'>} pool
 */
export async function serveWorkerControl(pool) {
  // Not below SLUICE_HOME: the path of a socket has at most about a hundred characters.
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'));
  const path = join(folder, 'workers.sock');
  const server = createServer(async (request, response) => {
    const { status, body } = answer(pool, request.method, request.url, await bodyOf(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async close() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * @param {Parameters<typeof serveWorkerControl>[0]} pool
 * @param {string | undefined} method
 * @param {string | undefined} url
 * @param {any} body
 */
function answer(pool, method, url, body) {
  if (url !== '/workers')
    return { status: 404, body: { message: `Not found: ${url}. The only resource is /workers.` } };
  if (method === 'GET') return { status: 200, body: { ...pool.state(), max: pool.max } };
  if (method !== 'PUT') return { status: 405, body: { message: 'Only GET and PUT.' } };
  if (!Number.isInteger(body?.wanted) || body.wanted < 0 || body.wanted > pool.max) {
    return { status: 400, body: { message: `wanted must be a whole number from 0 to ${pool.max}.` } };
  }
  if (body.from !== pool.state().wanted)
    return { status: 409, body: { message: 'The number has changed since it was read.' } };
  pool.want(body.wanted);
  return { status: 200, body: { ...pool.state(), max: pool.max } };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<unknown>} undefined when the body is not JSON
 */
async function bodyOf(request) {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk;
      if (text.length > LONGEST_BODY) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
