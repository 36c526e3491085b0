import type { Runtime } from '../runtime.js';
import { SluiceError } from '../sluiceError.js';
import type { Deadline } from './deadline.js';
import { startDeadline } from './deadline.js';
import { readProblem } from './problem.js';
import { repeat } from './repeat.js';
import { readRetryAfterMs } from './retryAfter.js';
import type { RetryOptions } from './retryPolicy.js';

/** A call of the API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From `/api/v1/` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`, which makes a POST repeatable; null sends none. */
  readonly idempotencyKey?: string | null;
  /** How long the server may think before it answers, in ms, beyond the time of any request. */
  readonly serverWaitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether an answer says that the same call has to be repeated. */
  readonly isUnfinished?: (answer: unknown) => boolean;
}

/** How the API is reached. */
export interface TransportOptions {
  readonly url: string;
  readonly key: string | (() => string | Promise<string>);
  readonly tenant: string | undefined;
  readonly retry: RetryOptions;
  /** Longest that one request may take, in ms. */
  readonly requestTimeoutMs: number;
}

/** Sends requests of one client. */
export interface Transport {
  readonly runtime: Runtime;
  readonly retry: RetryOptions;
  /**
   * Calls, and repeats what failed for a passing reason.
   * @throws SluiceError what failed last; the signal's reason when it fires
   */
  call<Answer>(call: ApiCall): Promise<Answer>;
  /**
   * Sends one GET and returns the answer with its body unread.
   * @throws SluiceError what is no answer of 2xx
   */
  open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

/** @throws TypeError when the URL, the key or the tenant cannot be sent */
export function createTransport(options: TransportOptions, runtime: Runtime): Transport {
  const { key, retry } = options;
  const base = options.url.replace(/\/+$/, '');
  const tenantHeaders: Record<string, string> = options.tenant === undefined ? {} : { 'x-tenant-id': options.tenant };
  // Fails now, and not as a network error of every request.
  new Request(`${base}/api/v1/`, { headers: { ...tenantHeaders, ...(typeof key === 'string' ? bearer(key) : {}) } });

  async function send(
    url: string,
    init: RequestInit & { readonly headers: Record<string, string> },
  ): Promise<Response> {
    const headers = { ...tenantHeaders, ...bearer(await currentKey()), ...init.headers };
    try {
      return await runtime.fetch(url, { cache: 'no-store', ...init, headers });
    } catch (cause) {
      throw new SluiceError({ status: null, code: 'network', detail: 'The server cannot be reached.', cause });
    }
  }

  /** Getting a key may need a server, too, so a failure passes as any other one of the network. */
  async function currentKey(): Promise<string> {
    try {
      return typeof key === 'string' ? key : await key();
    } catch (cause) {
      throw new SluiceError({
        status: null,
        code: 'network',
        detail: 'The function that returns the key failed.',
        cause,
      });
    }
  }

  async function sendOnce(call: ApiCall, deadline: Deadline): Promise<unknown> {
    const { method, path, query, body, idempotencyKey = null } = call;
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
    };
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await send(base + path + toSearch(query), {
      method,
      headers,
      signal: deadline.signal,
      ...payload,
    });
    if (!response.ok) throw await readProblem(response, runtime.now());
    const answer = await readJson(response);
    if (call.isUnfinished?.(answer) === true) throw new UnfinishedAnswer(answer, response, runtime.now());
    return answer;
  }

  async function attempt(call: ApiCall): Promise<unknown> {
    const deadline = startDeadline(runtime, options.requestTimeoutMs + (call.serverWaitMs ?? 0), call.signal);
    try {
      return await sendOnce(call, deadline);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (!deadline.isExpired()) throw error;
      throw new SluiceError({
        status: null,
        code: 'timeout',
        detail: 'The server did not answer in time.',
        cause: error,
      });
    } finally {
      deadline.clear();
    }
  }

  async function call<Answer>(wanted: ApiCall): Promise<Answer> {
    const repeatable = wanted.method !== 'POST' || (wanted.idempotencyKey ?? null) !== null;
    try {
      return (await repeat(() => attempt(wanted), { runtime, retry, repeatable, signal: wanted.signal })) as Answer;
    } catch (error) {
      if (error instanceof UnfinishedAnswer) return error.answer as Answer;
      throw error;
    }
  }

  return {
    runtime,
    retry,
    call,
    async open(path, headers, signal) {
      const response = await send(base + path, { method: 'GET', headers, signal });
      if (!response.ok) throw await readProblem(response, runtime.now());
      return response;
    },
  };
}

/** An answer that says to repeat the call; it is the answer all the same when repetitions run out. */
class UnfinishedAnswer extends SluiceError {
  constructor(
    readonly answer: unknown,
    response: Response,
    nowMs: number,
  ) {
    const retryAfterMs = readRetryAfterMs(response.headers.get('retry-after'), nowMs);
    super({ status: 503, code: 'unavailable', detail: 'Not everything was accepted.', retryAfterMs });
  }
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function toSearch(query: ApiCall['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** @throws SluiceError `network` when the body breaks off, `bad_answer` when it is not JSON */
async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw new SluiceError({ status: null, code: 'network', detail: 'The answer broke off.', cause });
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { status } = response;
    throw new SluiceError({ status, code: 'bad_answer', detail: 'The answer is not JSON: check the URL.', cause });
  }
}
