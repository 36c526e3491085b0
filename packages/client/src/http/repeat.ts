import type { Runtime } from '../runtime.js';
import { SluiceError } from '../sluiceError.js';
import { pauseFor } from './deadline.js';
import type { RetryOptions } from './retryPolicy.js';
import { decideRetry } from './retryPolicy.js';

/** How a request is repeated. */
export interface Repeating {
  readonly runtime: Runtime;
  readonly retry: RetryOptions;
  /** Whether doing it twice is the same as doing it once. */
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends until it succeeds or fails for good.
 * @throws SluiceError what failed last, with the number of attempts; the signal's reason when it fires
 */
export async function repeat<Answer>(
  send: () => Promise<Answer>,
  { runtime, retry, repeatable, signal }: Repeating,
): Promise<Answer> {
  const startMs = runtime.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      error.attempts = attempt;
      const failed = { error, attempt, elapsedMs: runtime.now() - startMs, repeatable };
      const verdict = decideRetry(failed, retry, runtime.random);
      if (verdict.kind === 'give-up') throw error;
      await pauseFor(runtime, verdict.delayMs, signal);
    }
  }
}
