import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { whenHeard } from '../whenHeard.js';

/** An effect that reached the outside world. The sink keeps every request: nothing here is deduplicated. */
export interface Hit {
  /** From the URL, which the submitter chose. */
  readonly tenantId: string;
  readonly canary: string;
  /** From the sender. */
  readonly jobId: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  /** Every attempt that gets this far sends a webhook; the first one sends a recorded effect. */
  readonly kind: 'webhook' | 'once';
}

/** The upstream of all jobs: it counts effects, and its open requests are the running attempts. */
export interface Sink {
  readonly url: string;
  readonly hits: readonly Hit[];
  /** When the first effect of each canary began, by this process's monotonic clock, in ms. */
  readonly firstMs: ReadonlyMap<string, number>;
  /** Maximum concurrent open requests of one tenant while judging was on. */
  most(): number;
  /** Whether open requests count: after the leases are lost with their Redis, only placement separates workers. */
  judge(counts: boolean): void;
  /** Stops counting the requests of these jobs: the process that made them is paused. */
  discount(jobIds: Iterable<string>): void;
  openJobs(): string[];
  /** Makes effects take this much longer from now on, in ms. */
  slowDown(ms: number): void;
  close(): Promise<void>;
}

interface OpenRequest {
  readonly tenantId: string;
  readonly jobId: string;
}

const faultBodySchema = z.object({ jobId: z.string(), attempt: z.number() });

/** Opens a sink on loopback. */
export async function openSink(): Promise<Sink> {
  const hits: Hit[] = [];
  const firstMs = new Map<string, number>();
  const open = new Set<OpenRequest>();
  const discounted = new Set<string>();
  let most = 0;
  let judged = true;
  let slowerMs = 0;

  function count(tenantId: string): void {
    if (!judged) return;
    const running = [...open].filter((one) => one.tenantId === tenantId && !discounted.has(one.jobId));
    most = Math.max(most, running.length);
  }

  async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, tenantId = '', canary = '', holdMs = '0'] = (incoming.url ?? '').split('/');
    if (!firstMs.has(canary)) firstMs.set(canary, performance.now());
    const hit = readHit(incoming, await text(incoming), { tenantId, canary });
    if (response.destroyed) return;
    hits.push(hit);
    const request = { tenantId, jobId: hit.jobId };
    open.add(request);
    whenHeard(() => count(tenantId));
    const timer = setTimeout(() => {
      // For its worker it ends when the response arrives, so it stops counting when that is sent.
      open.delete(request);
      if (!response.destroyed) response.writeHead(204).end();
    }, Number(holdMs) + slowerMs);
    response.on('close', () => {
      clearTimeout(timer);
      open.delete(request);
    });
  }

  const server = createServer((incoming, response) => {
    receive(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    firstMs,
    most: () => most,
    judge(counts) {
      judged = counts;
    },
    discount(jobIds) {
      for (const id of jobIds) discounted.add(id);
    },
    openJobs: () => [...open].map(({ jobId }) => jobId),
    slowDown(ms) {
      slowerMs = ms;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function readHit(incoming: IncomingMessage, body: string, path: Pick<Hit, 'tenantId' | 'canary'>): Hit {
  const idempotencyKey = String(incoming.headers['idempotency-key']);
  const webhookId = incoming.headers['webhook-id'];
  if (webhookId !== undefined) {
    const attempt = Number(incoming.headers['webhook-attempt']);
    return { ...path, jobId: String(webhookId), attempt, idempotencyKey, kind: 'webhook' };
  }
  const { jobId, attempt } = faultBodySchema.parse(JSON.parse(body));
  return { ...path, jobId, attempt, idempotencyKey, kind: 'once' };
}
