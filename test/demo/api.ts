import { setTimeout as pause } from 'node:timers/promises';

/** An answer of the producer. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A call of the producer's HTTP API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** API key, or the operator's. */
  readonly key: string;
  readonly body?: unknown;
  /** Makes it safe to send the same again. */
  readonly idempotencyKey?: string;
}

/** Calls the producer. */
export type Api = (call: ApiCall) => Promise<ApiAnswer>;

/** Tries of one call before it is given up. */
const MAX_TRIES = 20;

/**
 * A client of the producer as an outside program would write it: waits and sends again when it is told to (429 and 503).
 * Any other refusal, and a connection that fails, is an error.
 */
export function createApi(baseUrl: string, signal: AbortSignal): Api {
  return async (call) => {
    for (let tries = 1; ; tries++) {
      const answer = await send(baseUrl, call, signal);
      if (answer.waitMs === null) return answer;
      if (tries === MAX_TRIES) throw new Error(`${call.method} ${call.path} was put off ${MAX_TRIES} times`);
      await pause(answer.waitMs, undefined, { signal });
    }
  };
}

async function send(
  baseUrl: string,
  call: ApiCall,
  signal: AbortSignal,
): Promise<ApiAnswer & { waitMs: number | null }> {
  const response = await fetch(`${baseUrl}${call.path}`, {
    method: call.method,
    headers: {
      authorization: `Bearer ${call.key}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    },
    body: call.body === undefined ? null : JSON.stringify(call.body),
    signal,
  });
  const text = await response.text();
  if (response.ok) return { status: response.status, body: JSON.parse(text), waitMs: null };
  if (response.status === 429 || response.status === 503) {
    const waitMs = 1_000 * Number(response.headers.get('retry-after') ?? 1);
    return { status: response.status, body: null, waitMs };
  }
  throw new Error(`${call.method} ${call.path} was answered ${response.status}: ${text.slice(0, 300)}`);
}
