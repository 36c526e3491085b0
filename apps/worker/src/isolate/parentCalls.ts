import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext } from '@sluice/tasks';
import type { ChildMessage, ParentMessage } from './messages.js';

/** Calls from an attempt to its parent: each resolves when the parent has carried it out. */
export interface ParentCalls extends Pick<JobContext, 'progress' | 'log'> {
  answered(answer: Extract<ParentMessage, { kind: 'answered' }>): void;
}

/** Maximum number of concurrent calls; the parent kills a process that makes more. */
const MOST_CALLS = 500;

/** Maximum length of a forwarded log line and of progress, in characters. */
const MAX_LINE_CHARACTERS = 16_000;
const MAX_PROGRESS_CHARACTERS = 64_000;

/** Numbers calls and matches replies to them. */
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
