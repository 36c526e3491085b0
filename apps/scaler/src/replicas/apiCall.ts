import type { RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { FleetError } from '@sluice/shared/errors/fleetError';

/** The address of a platform's API. */
export type ApiAddress =
  | { readonly kind: 'socket'; readonly path: string }
  /** `ca`: the only trusted CA certificates, as PEM; undefined trusts Node's defaults. */
  | { readonly kind: 'url'; readonly url: string; readonly ca?: string | undefined };

/** An API call. */
export interface ApiCall {
  /** Human-readable name of the platform, for messages. */
  readonly what: string;
  readonly address: ApiAddress;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Timeout of the whole call, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The response, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  /** The body parsed as JSON; undefined when it is not JSON. */
  readonly body: unknown;
}

/** Maximum size of a response, in bytes: a list of a thousand containers takes a few megabytes. */
const MAX_ANSWER_BYTES = 32_000_000;

/**
 * Calls an API over TCP or a Unix socket.
 * @throws FleetError `unavailable` when it is unreachable or times out; the signal's reason when that aborts
 */
export async function callApi(call: ApiCall): Promise<ApiAnswer> {
  const late = AbortSignal.timeout(call.timeoutMs);
  try {
    const { status, text } = await send(call, AbortSignal.any([call.signal, late]));
    return { status, body: readJson(text) };
  } catch (cause) {
    call.signal.throwIfAborted();
    const why = late.aborted ? `did not answer within ${call.timeoutMs} ms` : `cannot be reached (${codeOf(cause)})`;
    throw new FleetError('unavailable', `${call.what} ${why} at ${addressText(call.address)}. Is it running there?`, {
      cause,
    });
  }
}

/** Returns the reason in the response's `message` field, to be appended to a sentence; empty when there is none. */
export function reasonIn({ body }: ApiAnswer): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof message === 'string' ? ` It says: ${message.slice(0, 500)}` : '';
}

function send(call: ApiCall, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
  const { address, method, path, headers } = call;
  const body = call.body === undefined ? '' : JSON.stringify(call.body);
  const options: RequestOptions = {
    method,
    path,
    agent: false,
    signal,
    headers: {
      accept: 'application/json',
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(body),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const request = openRequest(address, options);
    request.once('error', reject);
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) request.destroy(new Error('the answer is too long'));
      });
      response.once('error', reject);
      response.once('close', () => reject(new Error('the answer was cut off')));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.end(body);
  });
}

function openRequest(address: ApiAddress, options: RequestOptions) {
  if (address.kind === 'socket') return httpRequest({ ...options, socketPath: address.path, host: 'localhost' });
  const { protocol, hostname, port } = new URL(address.url);
  const target = { ...options, hostname: hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? {} : { port }) };
  if (protocol === 'http:') return httpRequest(target);
  return httpsRequest({ ...target, ...(address.ca === undefined ? {} : { ca: address.ca }) });
}

function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return code;
  return cause instanceof Error ? cause.message : 'network error';
}

function addressText(address: ApiAddress): string {
  return address.kind === 'socket' ? address.path : new URL(address.url).origin;
}
