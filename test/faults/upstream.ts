import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { whenHeard } from './whenHeard.js';

/** A request that the upstream holds open: an attempt that runs. */
export interface OpenRequest {
  readonly jobId: string;
  readonly attempt: number;
  readonly tenantId: string;
}

/**
 * Stands for whatever jobs reach: what it holds open runs, whatever the fleet believes. A job says in its path whose it is
 * and for how many ms the request of its first attempt is held: `/acme/300`. Later attempts are short.
 */
export interface Upstream {
  readonly open: ReadonlySet<OpenRequest>;
  /** Requests that were answered, ever. */
  answered(): number;
  /** Most requests of one tenant that were open at once and that count. */
  most(): number;
  /** These no longer count: the process that made them stands still. They stay open until it closes them. */
  discount(requests: Iterable<OpenRequest>): void;
  url(tenantId: string, holdMs: number): string;
  close(): Promise<void>;
}

const SHORT_HOLD_MS = 50;

/** Opens an upstream that counts. */
export async function openUpstream(): Promise<Upstream> {
  const open = new Set<OpenRequest>();
  const still = new Set<OpenRequest>();
  let answered = 0;
  let most = 0;

  function note(tenantId: string): void {
    const running = [...open].filter((request) => request.tenantId === tenantId && !still.has(request));
    most = Math.max(most, running.length);
  }

  function end(response: ServerResponse): void {
    if (response.destroyed) return;
    answered++;
    response.writeHead(204).end();
  }

  const server: Server = createServer(async (incoming, response) => {
    const [, tenantId = '', holdMs = '0'] = (incoming.url ?? '').split('/');
    const jobId = String(incoming.headers['webhook-id']);
    const request = { jobId, attempt: Number(incoming.headers['webhook-attempt']), tenantId };
    open.add(request);
    whenHeard(() => note(tenantId));
    const timer = setTimeout(
      () => {
        // It ends for its worker when the answer arrives, so it no longer counts when that is sent.
        open.delete(request);
        end(response);
      },
      request.attempt > 1 ? SHORT_HOLD_MS : Number(holdMs),
    );
    response.on('close', () => {
      clearTimeout(timer);
      open.delete(request);
    });
    await text(incoming).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    open,
    answered: () => answered,
    most: () => most,
    discount(requests) {
      for (const request of requests) still.add(request);
    },
    url: (tenantId, holdMs) => `http://127.0.0.1:${port}/${tenantId}/${holdMs}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
