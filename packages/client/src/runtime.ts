/** What the client takes from where it runs; tests pass their own clock and randomness. */
export interface Runtime {
  readonly fetch: typeof globalThis.fetch;
  /** Unix ms. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A new, unguessable `Idempotency-Key`. */
  newKey(): string;
  /** Calls once after `ms`; returns a function that prevents it. */
  after(ms: number, action: () => void): () => void;
}

/** Longest that timers of browsers and Node.js can be set to, in ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The browser or Node.js. A library has no main.ts that could inject these, so this file alone names the clock and randomness.
 */
export const systemRuntime: Runtime = {
  fetch: (input, init) => globalThis.fetch(input, init),
  now: () => Date.now(),
  random: () => Math.random(),
  newKey,
  after(ms, action) {
    const timer = setTimeout(action, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** `crypto.randomUUID` is missing on pages that were not loaded by https. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
