import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request. */
export type Trouble =
  /** Answered by the proxy. */
  | { readonly kind: 'refuse'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The server does what is asked, and its answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** A stream of events breaks in the middle of the first one that has this in its text. */
  | { readonly kind: 'cut-event'; readonly containing: string }
  /** The request goes through. */
  | { readonly kind: 'pass' };

/** A proxy of the worst kind: it refuses, cuts, and spells streams of events in other ways that the standard allows. */
export interface TroubledProxy {
  readonly url: string;
  /** Troubles of the next requests, one for each; later ones pass. */
  plan(troubles: readonly Trouble[]): void;
  /** Troubles that no request has met yet. */
  planned(): number;
  /** Requests whose connection is open. */
  open(): number;
  close(): Promise<void>;
}

/** Opens a proxy to the server of a URL. */
export async function openTroubledProxy(target: string): Promise<TroubledProxy> {
  let planned: Trouble[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((incoming, answer) => {
    open.add(answer);
    answer.once('close', () => open.delete(answer));
    const trouble = planned.shift() ?? { kind: 'pass' };
    if (trouble.kind === 'refuse') {
      incoming.resume();
      answer.writeHead(trouble.status, { 'content-type': 'text/html', ...trouble.headers }).end('<h1>Not now</h1>');
    } else {
      forward(target, incoming, answer, trouble);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan(troubles) {
      planned = [...troubles];
    },
    planned: () => planned.length,
    open: () => open.size,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(target: string, incoming: IncomingMessage, answer: ServerResponse, trouble: Trouble): void {
  const { method, headers, url = '' } = incoming;
  const outgoing = sendRequest(target + url, { method: method ?? 'GET', headers }, (response) => {
    if (trouble.kind === 'lose-answer') {
      response.resume();
      response.once('end', () => answer.destroy());
      return;
    }
    answer.writeHead(response.statusCode ?? 500, response.headers);
    const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
    if (isStream) respell(response, answer, trouble.kind === 'cut-event' ? trouble.containing : null);
    else response.pipe(answer);
  });
  outgoing.on('error', () => answer.destroy());
  answer.once('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/** Ends lines in CR LF, leaves out the space after the colon, sends a byte order mark, and sends it all in small pieces. */
function respell(stream: IncomingMessage, answer: ServerResponse, cutIn: string | null): void {
  answer.write('\uFEFF');
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const text = chunk.replaceAll('\n', '\r\n').replaceAll(/^(id|event|data): /gm, '$1:');
    const at = cutIn === null ? -1 : text.indexOf(cutIn);
    const bytes = Buffer.from(at < 0 ? text : text.slice(0, at + 3));
    for (let from = 0; from < bytes.length; from += 7) answer.write(bytes.subarray(from, from + 7));
    if (at >= 0) answer.socket?.destroySoon();
  });
  stream.on('end', () => answer.end());
  stream.on('error', () => answer.destroy());
}
