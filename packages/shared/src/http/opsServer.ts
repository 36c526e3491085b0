import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Service } from '../lifecycle/service.js';
import { createOpsAnswers } from './opsAnswers.js';
import type { Readiness } from './readiness.js';

/** The ops server of a process without another server. */
export interface OpsServer extends Service {
  /** Its URL, such as `http://127.0.0.1:43210`; empty before `start`. */
  url(): string;
}

/** Serves probes and metrics to GET requests; everything else is 404. */
export function createOpsServer(
  config: { readonly host: string; readonly port: number },
  registry: Registry,
  readiness: Readiness,
): OpsServer {
  const answers = createOpsAnswers(registry, readiness);
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const answerOf = request.method === 'GET' && Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answerOf === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found: try /livez, /readyz or /metrics\n');
      return;
    }
    answerOf().then(
      ({ status, contentType, body }) => void response.writeHead(status, { 'Content-Type': contentType }).end(body),
      () => fail(response),
    );
  });
  let url = '';
  return {
    name: 'ops',
    url: () => url,
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, config.host, () => {
          server.off('error', reject);
          const { address, port, family } = server.address() as AddressInfo;
          url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        // `close` of a server that never listened calls back with an error; stopping it is harmless.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fail(response: ServerResponse): void {
  response.writeHead(500, { 'Content-Type': 'text/plain' }).end('The answer could not be made\n');
}
