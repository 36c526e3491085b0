import type { AcceptedJob, DeadLetter, DeathCategory, Severity } from '../answers.js';
import type { Transport } from '../http/transport.js';
import type { RequestOptions } from './jobs.js';
import { readPages } from './pages.js';

/** Which dead letters to list, newest first. */
export interface DeadLetterFilter extends RequestOptions {
  readonly category?: DeathCategory | undefined;
  readonly severity?: Severity | undefined;
  readonly task?: string | undefined;
  /** Dead letters read at a time, 1 to 200; 50 by default. */
  readonly pageSize?: number | undefined;
}

/** Dead jobs of the tenant, for its admins and owners. Every method throws SluiceError. */
export interface DeadLetters {
  /** Dead letters, newest first; reads further pages as it is iterated. */
  list(filter?: DeadLetterFilter): AsyncGenerator<DeadLetter, void, undefined>;
  /** Runs the job of a dead letter again, under the same id and with new attempts. @param id of the dead letter */
  redrive(id: string, options?: RequestOptions): Promise<AcceptedJob>;
}

/** Dead letters by HTTP. */
export function createDeadLetters(transport: Transport): DeadLetters {
  const path = '/api/v1/dead-letters';
  return {
    list({ signal, pageSize, ...filter } = {}) {
      return readPages(transport, { path, query: { ...filter, limit: pageSize }, signal }, 'deadLetters');
    },
    redrive: (id, { signal } = {}) =>
      transport.call({ method: 'POST', path: `${path}/${encodeURIComponent(id)}/redrive`, signal }),
  };
}
