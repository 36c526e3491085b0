import { isProgrammingError } from '@sluice/shared/errors/isProgrammingError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import type { RedisService } from '@sluice/shared/redis/connect';

/**
 * Asks Redis, or whatever stands on it. Fails at once while Redis is away, and soon when it is silent; an add that
 * failed may still have happened.
 * @throws ProblemError `unavailable`
 */
export type RedisCall = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

/** Longest that a request waits for Redis, in ms. */
const PATIENCE_MS = 1_500;

/** Redis, for a process that answers people. */
export function createRedisCall(client: Pick<RedisService['client'], 'status'>): RedisCall {
  return async (ask) => {
    if (client.status !== 'ready') throw redisUnavailable(undefined);
    try {
      return await within(PATIENCE_MS, ask(), () => redisUnavailable(undefined));
    } catch (error) {
      throw error instanceof ProblemError || isProgrammingError(error) ? error : redisUnavailable(error);
    }
  };
}

function redisUnavailable(cause: unknown): ProblemError {
  return new ProblemError('unavailable', 'The queue cannot be reached.', { retryAfterSeconds: 1, cause });
}
