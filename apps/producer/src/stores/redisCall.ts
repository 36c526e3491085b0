import type { CallOutcome } from '@sluice/fleet/submit/breaker';
import { queueUnavailable } from '@sluice/fleet/submit/laneAdder';
import { isProgrammingError } from '@sluice/shared/errors/isProgrammingError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import type { RedisGate } from './redisGate.js';

/**
 * Calls Redis, or whatever is built on it. Fails at once while Redis is known to be down, and soon when it is silent; an add
 * that failed may still have happened.
 * @throws ProblemError `unavailable`
 */
export type RedisCall = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

/** Longest that a request waits for Redis, in ms. */
const PATIENCE_MS = 1_500;

/** Reads from Redis, for a process that answers people. */
export function createRedisCall(gate: Pick<RedisGate, 'isSilent' | 'note'>): RedisCall {
  return async (ask) => {
    if (gate.isSilent()) throw queueUnavailable();
    return askInTime(ask, (outcome) => {
      // The answer to a read says nothing about writes, nor does an error.
      if (outcome === 'silent') gate.note(outcome);
    });
  };
}

/** Adds to Redis, and reports to the gate how each add ended. Callers ask the gate first. */
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
    // The server refused: out of memory, read only, disk full. Anything else means that no answer came.
    report(error instanceof Error && error.name === 'ReplyError' ? 'refused' : 'silent');
    throw error instanceof ProblemError ? error : queueUnavailable(error);
  }
}
