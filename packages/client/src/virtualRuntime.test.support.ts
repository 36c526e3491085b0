import type { Runtime } from './runtime.js';

/** A runtime whose clock jumps to the next timer as soon as nothing else is left to do. */
export interface VirtualRuntime extends Runtime {
  /** Timers that are set and neither fired nor cancelled. */
  timers(): number;
}

/** @param answer what the server says to each request, one after the other; the last one again and again */
export function createVirtualRuntime(
  ...answers: ((request: Request) => Response | Promise<Response>)[]
): VirtualRuntime & {
  readonly requests: readonly Request[];
} {
  const timers = new Set<{ readonly atMs: number; readonly action: () => void }>();
  const requests: Request[] = [];
  let nowMs = Date.parse('2026-11-29T12:00:00Z');
  let keys = 0;

  function fireNext(): void {
    const [next] = [...timers].sort((a, b) => a.atMs - b.atMs);
    if (next === undefined) return;
    timers.delete(next);
    nowMs = Math.max(nowMs, next.atMs);
    next.action();
  }

  return {
    requests,
    async fetch(input, init) {
      // Aborted requests reject as those of a real fetch.
      const request = new Request(input, init);
      requests.push(request);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (answer === undefined) throw new TypeError('fetch failed');
      return new Promise((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        Promise.resolve(answer(request)).then((response) => resolve(until(response, init?.signal)), reject);
      });
    },
    now: () => nowMs,
    random: () => 0.5,
    newKey: () => `key-${++keys}`,
    after(ms, action) {
      const timer = { atMs: nowMs + ms, action };
      timers.add(timer);
      // Streams of answers move on by microtasks and a few macrotasks.
      setTimeout(fireNext, 5);
      return () => timers.delete(timer);
    },
    timers: () => timers.size,
  };
}

/** An answer of JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): () => Response {
  return () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** A stream of events, and what became of it. */
export interface TestStream {
  readonly answer: () => Response;
  /** Whether the client has closed it. */
  isCancelled(): boolean;
}

/** @param end what follows the text: its end, a broken connection, or silence */
export function eventStream(text: string, end: 'end' | 'cut' | 'silence' = 'end'): TestStream {
  let cancelled = false;
  return {
    answer() {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(text));
          if (end === 'end') controller.close();
        },
        pull(controller) {
          if (end === 'cut') controller.error(new TypeError('terminated'));
          return end === 'silence' ? new Promise(() => undefined) : undefined;
        },
        cancel() {
          cancelled = true;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    },
    isCancelled: () => cancelled,
  };
}

/** Ends the body with the signal, as a real fetch does. */
function until(response: Response, signal: AbortSignal | null | undefined): Response {
  const reader = response.body?.getReader();
  if (reader === undefined) return response;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => {
        void reader.cancel().catch(() => undefined);
        controller.error(signal.reason);
      });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (signal?.aborted === true) return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}
