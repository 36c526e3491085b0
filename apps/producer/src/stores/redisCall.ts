import type { CallOutcome } from '@sluice/fleet/submit/breaker';
import { queueUnavailable } from '@sluice/fleet/submit/laneAdder';
import { isProgrammingError } from '@sluice/shared/errors/isProgrammingError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import type { RedisGate } from './redisGate.js';

/**
 * Calls Redis, or anything built on it. Fails immediately while Redis is known to be down, and soon when it does not
 * respond; a failed add may still have taken effect.
 * @throws ProblemError `unavailable`
 */
export type RedisCall = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

/** Maximum time that a request waits for Redis, in ms. */
const PATIENCE_MS = 1_500;

/** Creates calls that read from Redis on behalf of a request. */
export function createRedisCall(gate: Pick<RedisGate, 'isSilent' | 'note'>): RedisCall {
  return async (ask) => {
    if (gate.isSilent()) throw queueUnavailable();
    return askInTime(ask, (outcome) => {
      // A successful read says nothing about writes, nor does an error.
      if (outcome === 'silent') gate.note(outcome);
    });
  };
}

/** Creates calls that add to Redis and report each outcome to the gate. Callers check the gate first. */
export function createRedisAdd(gate: Pick<RedisGate, 'note'>): RedisCall {
  return (ask) => askInTime(ask, gate.note);
}

async function askInTime<Answer>(ask: () => Promise<Answer>, report: (outcome: CallOutcome) => void): Promise<Answer> {
  try {
    const answer = await within(PATIENCE_MS, ask(), () => queueUnavailable());
    report('done');
    return answer;
  } catch (error) {
    if (isProgrammingError(error)) throw error;
    // `ReplyError`: the server refused, as out of memory, read only or disk full. Anything else means no reply.
    report(error instanceof Error && error.name === 'ReplyError' ? 'refused' : 'silent');
    throw error instanceof ProblemError ? error : queueUnavailable(error);
  }
}
