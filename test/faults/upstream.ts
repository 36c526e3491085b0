import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { whenHeard } from './whenHeard.js';

/** A request that the upstream holds open: a running attempt. */
export interface OpenRequest {
  readonly jobId: string;
  readonly attempt: number;
  readonly tenantId: string;
}

/**
 * Stands in for the upstream of all jobs: an open request is a running attempt, whatever the fleet's state says. A
 * job's path names its tenant and how many ms the request of its first attempt is held: `/acme/300`. Later attempts are
 * short.
 */
export interface Upstream {
  readonly open: ReadonlySet<OpenRequest>;
  /** Total requests answered. */
  answered(): number;
  /** Maximum concurrent open requests of one tenant, among those that count. */
  most(): number;
  /** Stops counting these requests: the process that made them is paused. They stay open until it closes them. */
  discount(requests: Iterable<OpenRequest>): void;
  url(tenantId: string, holdMs: number): string;
  close(): Promise<void>;
}

const SHORT_HOLD_MS = 50;

/** Opens an upstream that counts requests. */
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
        // For its worker it ends when the response arrives, so it stops counting when that is sent.
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
