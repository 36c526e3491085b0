import type { KeyObject } from 'node:crypto';
import { verify } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './faults.js';
import { answerOf } from './faults.js';
import type { GoogleError } from './googleErrors.js';
import { EXHAUSTED, googleError, noSuchProperty, unauthenticated } from './googleErrors.js';
import type { Admission, QuotaBook, QuotaLimits } from './quotaBook.js';
import { createQuotaBook, STANDARD_LIMITS } from './quotaBook.js';
import { readRequest, runReport } from './runReport.js';

/** How the server behaves; all can be left out. */
export interface Ga4ServerOptions {
  readonly port?: number;
  readonly seed?: number;
  readonly limits?: Partial<QuotaLimits>;
  /** Calls of one property per window; sets the tokens accordingly. */
  readonly callsPerWindow?: number;
  /** How long a report takes, in ms. */
  readonly answerMs?: number;
  /** How an exhausted quota says when it returns. Google's own says it in words alone. */
  readonly tells?: 'nothing' | 'retry-after';
  /** Properties that there are; any when left out. */
  readonly properties?: readonly string[];
  /** When set, every request needs a JWT that this key's owner signed. */
  readonly account?: { readonly email: string; readonly key: KeyObject };
  /** Unix time in ms. */
  readonly now?: () => number;
}

/** A request that was answered, or cut off. */
export interface Ga4Call {
  readonly property: string;
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
}

/** A local server that speaks the protocol of the Google Analytics Data API v1beta, over HTTP. */
export interface Ga4Server {
  readonly url: string;
  readonly calls: readonly Ga4Call[];
  /** Most reports of one property that ran at once. */
  mostConcurrent(property: string): number;
  /** The next requests fail so, in order. */
  failNext(...faults: readonly Fault[]): void;
  /** Properties whose every request fails with 500, for as long as they stand here. */
  readonly down: Set<string>;
  close(): Promise<void>;
}

const INTERNAL: Fault = { kind: 'internal' };

const PATH = /^\/v1beta\/properties\/(\d+):runReport$/;

/** Opens the server on a port of its own. */
export async function openGa4Server(options: Ga4ServerOptions = {}): Promise<Ga4Server> {
  const now = options.now ?? Date.now;
  const limits = limitsOf(options);
  const books = new Map<string, QuotaBook>();
  const calls: Ga4Call[] = [];
  const faults: Fault[] = [];
  const down = new Set<string>();
  const closing = new AbortController();
  // Each report that is under way listens.
  setMaxListeners(0, closing.signal);

  function bookOf(property: string): QuotaBook {
    const book = books.get(property) ?? createQuotaBook(limits);
    books.set(property, book);
    return book;
  }

  async function report(property: string, incoming: IncomingMessage, body: string): Promise<GoogleError> {
    if (!isAuthenticated(incoming, options.account)) return unauthenticated();
    if (options.properties?.includes(property) === false) return noSuchProperty();
    const read = readRequest(body);
    if ('refused' in read) return read.refused;
    const book = bookOf(property);
    const admission = book.begin(now());
    if (admission.kind === 'exhausted') return exhausted(admission, options.tells);
    await pause(options.answerMs ?? 0, undefined, { signal: closing.signal }).catch(() => undefined);
    book.end();
    const numericEnums = (incoming.url ?? '').includes('enum-encoding=int');
    const source = { property, seed: options.seed ?? 1, nowMs: now(), numericEnums };
    const answer = runReport(read.request, source, book.shown(now()));
    return 'body' in answer ? (answer as GoogleError) : { status: 200, headers: {}, body: JSON.stringify(answer) };
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const property = PATH.exec((incoming.url ?? '').split('?', 1)[0] ?? '')?.[1];
    if (incoming.method !== 'POST' || property === undefined) {
      response
        .writeHead(404, { 'content-type': 'text/html; charset=UTF-8' })
        .end('<title>Error 404 (Not Found)</title>');
      return;
    }
    const fault = down.has(property) ? INTERNAL : faults.shift();
    const answer = await (fault === undefined
      ? report(property, incoming, body)
      : answerOf(fault, `${incoming.headers.authorization} ${body}`));
    calls.push({ property, status: answer?.status ?? 0 });
    if (answer === null) return breakOff(response, fault);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=UTF-8', ...answer.headers });
    response.end(answer.body);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500).end(String(error));
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    mostConcurrent: (property) => books.get(property)?.mostConcurrent() ?? 0,
    down,
    failNext: (...more) => void faults.push(...more),
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function limitsOf({ limits, callsPerWindow }: Ga4ServerOptions): QuotaLimits {
  const all = { ...STANDARD_LIMITS, ...limits };
  if (callsPerWindow === undefined) return all;
  const tokens = callsPerWindow * all.tokensPerCall;
  return { ...all, tokensPerHour: tokens, tokensPerProjectPerHour: tokens };
}

function exhausted(
  { quota, returnsInMs }: Extract<Admission, { kind: 'exhausted' }>,
  tells: Ga4ServerOptions['tells'],
): GoogleError {
  const seconds = String(Math.max(1, Math.ceil(returnsInMs / 1_000)));
  const headers: Record<string, string> = tells === 'retry-after' ? { 'retry-after': seconds } : {};
  return googleError('RESOURCE_EXHAUSTED', EXHAUSTED[quota], { headers });
}

/** A fault that does not answer: the connection is closed at once, in the middle of an answer, or not at all. */
function breakOff(response: ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === 'hang') return;
  if (fault?.kind !== 'cut' || fault.when === 'before') {
    response.destroy();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"rows": [', () => response.destroy());
}

/** Google takes a service account's own JWT in place of an access token (AIP-4111). */
function isAuthenticated({ headers }: IncomingMessage, account: Ga4ServerOptions['account']): boolean {
  if (account === undefined) return true;
  const [head = '', claims = '', signature = ''] = (headers.authorization ?? '').replace(/^Bearer /, '').split('.');
  const signed = Buffer.from(`${head}.${claims}`);
  if (!verify('RSA-SHA256', signed, account.key, Buffer.from(signature, 'base64url'))) return false;
  const { iss, exp, scope, aud } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const isMeant = aud === 'https://analyticsdata.googleapis.com/' || String(scope).includes('auth/analytics');
  return iss === account.email && isMeant && Number(exp) * 1_000 > Date.now();
}
