import { FleetError } from '@sluice/shared/errors/fleetError';
import { isProgrammingError } from '@sluice/shared/errors/isProgrammingError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import type { Database, Session } from './connect.js';
import { inTenant as runInTenant } from './inTenant.js';
import { sqlStateOf } from './sqlState.js';

/**
 * Runs statements of the ledger for a process that serves clients. A PostgreSQL that is down, overloaded or
 * unresponsive becomes `unavailable`, with a time after which to retry. A statement that timed out may still have been
 * executed.
 * @throws ProblemError `unavailable`
 */
export type Ledger = <Answer>(ask: (db: Database) => Promise<Answer>) => Promise<Answer>;

/** Runs statements on behalf of one tenant: they read and write no other tenant's rows, whatever they contain. */
export function inTenant<Answer>(
  ledger: Ledger,
  tenantId: string,
  ask: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  return ledger((db) => runInTenant(db, tenantId, ask));
}

/** Maximum wait for the ledger, in ms. */
const PATIENCE_MS = 5_000;

/**
 * SQLSTATE classes of an unavailable server: connection failure, rollback, resources exhausted, operator intervention.
 */
const UNAVAILABLE_CLASSES = new Set(['08', '40', '53', '57']);

/** Creates the ledger of a database. */
export function createLedger(db: Database): Ledger {
  return async (ask) => {
    try {
      return await within(PATIENCE_MS, ask(db), () => ledgerUnavailable());
    } catch (error) {
      if (error instanceof FleetError || isProgrammingError(error)) throw error;
      const state = sqlStateOf(error);
      if (state !== null && !UNAVAILABLE_CLASSES.has(state.slice(0, 2))) throw error;
      throw ledgerUnavailable(error);
    }
  };
}

/** The error for callers whose statements got no response from the ledger. */
export function ledgerUnavailable(cause?: unknown): ProblemError {
  return new ProblemError('unavailable', 'The ledger cannot be reached.', { retryAfterSeconds: 1, cause });
}
