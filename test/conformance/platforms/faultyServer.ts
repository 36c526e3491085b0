import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as a platform's stub gets it. */
export interface StubCall {
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The body read as JSON; undefined when there is none. */
  readonly body: unknown;
}

/** What a stub answers. */
export interface StubAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** An API that can be made to fail. */
export interface FaultyServer {
  /** Port, where it listens on one. */
  readonly port: number;
  /** `away` cuts every connection, `late` never answers, `refuses` answers 403. */
  fail(how: 'away' | 'late' | 'refuses' | null): void;
  /** Does something once, just before the next call that changes something is carried out. */
  beforeNextChange(act: () => Promise<void>): void;
  /** Calls that came in, as `METHOD path`. */
  readonly calls: readonly string[];
  /** Calls that could change something. */
  changes(): readonly string[];
  close(): Promise<void>;
}

/** Serves a stub on a free port, or on a Unix socket. */
export async function startFaultyServer(
  handle: (call: StubCall) => Promise<StubAnswer>,
  socketPath?: string,
): Promise<FaultyServer> {
  const calls: string[] = [];
  let fault: 'away' | 'late' | 'refuses' | null = null;
  let meanwhile: (() => Promise<void>) | null = null;

  async function answer(request: IncomingMessage): Promise<StubAnswer | 'cut' | 'silence'> {
    const call = await readCall(request);
    calls.push(`${call.method} ${call.path}`);
    if (fault === 'away') return 'cut';
    if (fault === 'late') return 'silence';
    if (fault === 'refuses') return { status: 403, body: { message: 'not for you' } };
    if (call.method !== 'GET' && meanwhile !== null) {
      const act = meanwhile;
      meanwhile = null;
      await act();
    }
    return handle(call);
  }

  const server = createServer((request, response) => {
    void answer(request).then((answered) => {
      if (answered === 'silence') return;
      if (answered === 'cut') {
        request.socket.destroy();
        return;
      }
      const body = answered.body === undefined ? '' : JSON.stringify(answered.body);
      response.writeHead(answered.status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await listen(server, socketPath);
  return {
    port: socketPath === undefined ? (server.address() as AddressInfo).port : 0,
    fail(how) {
      fault = how;
    },
    beforeNextChange(act) {
      meanwhile = act;
    },
    calls,
    changes: () => calls.filter((call) => !call.startsWith('GET ')),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, socketPath: string | undefined): Promise<void> {
  if (socketPath === undefined) server.listen(0, '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
}

async function readCall(request: IncomingMessage): Promise<StubCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
  return {
    method: request.method ?? '',
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: request.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
