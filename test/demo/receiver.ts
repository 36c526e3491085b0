import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Misbehaviour } from './misbehaviour.js';

/** What a receiver saw. */
export interface Receipts {
  /** `<tenant>/<webhook-id>` of every delivery that it accepted, each once. */
  readonly accepted: readonly string[];
  /** Accepted requests of deliveries that had been accepted before. */
  readonly repeated: number;
  /** Answers by kind. */
  readonly paced: number;
  readonly failed: number;
  /** Requests whose signature did not fit, and so were refused. */
  readonly badSignatures: number;
}

/** A server that takes webhooks at `/hooks/<tenant>`, and at `/broken/<tenant>` only fails. */
export interface Receiver {
  /** Resolves with its address, `http://127.0.0.1:<port>`. */
  listen(): Promise<string>;
  receipts(): Receipts;
  close(): Promise<void>;
}

/**
 * Verifies every request with the tenant's secret, by another's implementation of the specification, then answers as
 * its moods decide.
 * @param secrets `whsec_...` by tenant
 */
export function createReceiver(secrets: Readonly<Record<string, string>>, misbehaviour: Misbehaviour): Receiver {
  const accepted = new Set<string>();
  const seen = { repeated: 0, paced: 0, failed: 0, badSignatures: 0 };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, endpoint, tenantId = ''] = (request.url ?? '').split('/');
    const body = await text(request);
    if (!verified(secrets[tenantId], body, request)) {
      seen.badSignatures++;
      response.writeHead(401).end();
      return;
    }
    await pause(misbehaviour.latencyMs());
    const id = String(request.headers['webhook-id']);
    const kind = endpoint === 'broken' ? 'fail' : misbehaviour.answer(id).kind;
    if (kind === 'pace') {
      seen.paced++;
      response.writeHead(429, { 'retry-after': '1' }).end();
    } else if (kind === 'fail') {
      seen.failed++;
      response.writeHead(500).end();
    } else {
      if (accepted.has(`${tenantId}/${id}`)) seen.repeated++;
      accepted.add(`${tenantId}/${id}`);
      response.writeHead(204).end();
    }
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return {
    async listen() {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    receipts: () => ({ accepted: [...accepted], ...seen }),
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function verified(secret: string | undefined, body: string, request: IncomingMessage): boolean {
  if (secret === undefined) return false;
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  try {
    new Webhook(secret).verify(body, Object.fromEntries(headers), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
