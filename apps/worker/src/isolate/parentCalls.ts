import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext } from '@sluice/tasks';
import type { ChildMessage, ParentMessage } from './messages.js';

/** What an attempt asks of its parent: each call resolves when that has carried it out. */
export interface ParentCalls extends Pick<JobContext, 'progress' | 'log'> {
  answered(answer: Extract<ParentMessage, { kind: 'answered' }>): void;
}

/** Calls of at most this many may be under way; the parent ends a process that asks for more. */
const MOST_CALLS = 500;

/** Longest line and progress that are passed on, in characters. */
const MAX_LINE_CHARACTERS = 16_000;
const MAX_PROGRESS_CHARACTERS = 64_000;

/** Numbers calls, and matches the answers with them. */
export function createCalls(say: (message: ChildMessage) => void): ParentCalls {
  const underWay = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  let last = 0;

  function call(toMessage: (call: number) => ChildMessage): Promise<void> {
    if (underWay.size >= MOST_CALLS) {
      throw new FleetError('attempt_failed', `more than ${MOST_CALLS} lines or signs of progress are under way`);
    }
    const number = ++last;
    return new Promise((resolve, reject) => {
      underWay.set(number, { resolve, reject });
      say(toMessage(number));
    });
  }

  return {
    async progress(value) {
      const json = JSON.stringify(value) ?? 'null';
      if (json.length > MAX_PROGRESS_CHARACTERS)
        throw new FleetError('payload_too_large', 'this progress is too large');
      await call((number) => ({ kind: 'progress', call: number, json }));
    },
    async log(line) {
      await call((number) => ({ kind: 'log', call: number, line: String(line).slice(0, MAX_LINE_CHARACTERS) }));
    },
    answered({ call: number, error }) {
      const waiting = underWay.get(number);
      underWay.delete(number);
      if (error === null) waiting?.resolve();
      else waiting?.reject(new FleetError('unavailable', error));
    },
  };
}
