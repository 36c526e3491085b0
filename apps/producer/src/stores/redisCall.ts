import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import { isProgrammingError } from '../http/isProgrammingError.js';
import type { CallOutcome } from './breaker.js';
import type { RedisGate } from './redisGate.js';

/**
 * Asks Redis, or whatever stands on it. Fails at once while Redis is known to be away, and soon when it is silent; an add
 * that failed may still have happened.
 * @throws ProblemError `unavailable`
 */
export type RedisCall = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

/** Longest that a request waits for Redis, in ms. */
const PATIENCE_MS = 1_500;

/** Redis, for a process that answers people, to read from. */
export function createRedisCall(gate: Pick<RedisGate, 'isSilent' | 'note'>): RedisCall {
  return async (ask) => {
    if (gate.isSilent()) throw redisUnavailable(undefined);
    return askInTime(ask, (outcome) => {
      // An answer to a reading says nothing of writes, nor does an error.
      if (outcome === 'silent') gate.note(outcome);
    });
  };
}

/** Adds to Redis: only while it takes jobs, and what becomes of the add is told to the gate. */
export function createRedisAdd(gate: Pick<RedisGate, 'note'>): RedisCall {
  return (ask) => askInTime(ask, gate.note);
}

async function askInTime<Answer>(ask: () => Promise<Answer>, tell: (outcome: CallOutcome) => void): Promise<Answer> {
  try {
    const answer = await within(PATIENCE_MS, ask(), () => redisUnavailable(undefined));
    tell('done');
    return answer;
  } catch (error) {
    if (isProgrammingError(error)) throw error;
    // The server said no: out of memory, read only, a disk that is full. Anything else is that no answer came.
    tell(error instanceof Error && error.name === 'ReplyError' ? 'refused' : 'silent');
    throw error instanceof ProblemError ? error : redisUnavailable(error);
  }
}

/** What a caller is told while Redis is away. */
export function redisUnavailable(cause: unknown): ProblemError {
  return new ProblemError('unavailable', 'The queue takes no jobs at present.', { retryAfterSeconds: 1, cause });
}
