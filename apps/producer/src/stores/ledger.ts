import type { Database, Session } from '@sluice/fleet/postgres/connect';
import { inTenant as runInTenant } from '@sluice/fleet/postgres/inTenant';
import { sqlStateOf } from '@sluice/fleet/postgres/sqlState';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { within } from '@sluice/shared/lifecycle/within';
import { isProgrammingError } from '../http/isProgrammingError.js';

/**
 * Asks the ledger. A PostgreSQL that is away, overloaded or silent becomes `unavailable`, so that a client hears 503
 * and when to come back. A statement that timed out may still have been carried out.
 * @throws ProblemError `unavailable`
 */
export type Ledger = <Answer>(ask: (db: Database) => Promise<Answer>) => Promise<Answer>;

/** Asks the ledger on behalf of one tenant: no row of another is seen or written, whatever the statements say. */
export function inTenant<Answer>(
  ledger: Ledger,
  tenantId: string,
  ask: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  return ledger((db) => runInTenant(db, tenantId, ask));
}

/** Longest that a request waits for the ledger, in ms. */
const PATIENCE_MS = 5_000;

/** SQLSTATE classes of a server that is away, short of something, or gave way to another: connection, roll-back, resources, shutdown. */
const UNAVAILABLE_CLASSES = new Set(['08', '40', '53', '57']);

/** The ledger, for a process that answers people. */
export function createLedger(db: Database): Ledger {
  return async (ask) => {
    try {
      return await within(PATIENCE_MS, ask(db), () => ledgerUnavailable(undefined));
    } catch (error) {
      if (error instanceof FleetError || isProgrammingError(error)) throw error;
      const state = sqlStateOf(error);
      if (state !== null && !UNAVAILABLE_CLASSES.has(state.slice(0, 2))) throw error;
      throw ledgerUnavailable(error);
    }
  };
}

function ledgerUnavailable(cause: unknown): ProblemError {
  return new ProblemError('unavailable', 'The ledger cannot be reached.', { retryAfterSeconds: 1, cause });
}
