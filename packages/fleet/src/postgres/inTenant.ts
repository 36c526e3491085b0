import { FleetError } from '@sluice/shared/errors/fleetError';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Database, Session } from './connect.js';
import { rollBack } from './rollBack.js';
import * as schema from './schema/index.js';

/** Drizzle processes the whole schema for each instance, so each connection keeps its own. */
const sessions = new WeakMap<pg.PoolClient, Session>();

/**
 * Runs statements in a transaction that reads and writes one tenant's rows only: row-level security enforces this, even
 * for statements that do not filter by tenant. Rolls everything back when `ask` throws.
 *
 * The statement that opens the transaction is sent together with the first one of `ask`, so this costs one more round
 * trip: the commit. `ask` must await all its statements.
 * @param tenantId not empty: that would mean the fleet
 * @throws FleetError `internal` for an empty tenant
 */
export async function inTenant<Answer>(
  db: Database,
  tenantId: string,
  ask: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  if (tenantId === '') throw new FleetError('internal', 'a transaction of no tenant was asked for');
  const client = await db.$client.connect();
  // A connection lost between two statements emits an event; the next statement fails anyway.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let usable = false;
  try {
    const opened = client.query(`BEGIN; SELECT set_config('sluice.tenant', ${pg.escapeLiteral(tenantId)}, true)`);
    opened.catch(ignore);
    const answer = await ask(sessionOf(client));
    await opened;
    await client.query('COMMIT');
    usable = true;
    return answer;
  } catch (error) {
    usable = await rollBack(client);
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(!usable);
  }
}

function sessionOf(client: pg.PoolClient): Session {
  let session = sessions.get(client);
  if (session === undefined) {
    session = drizzle(client, { schema }) as Session;
    sessions.set(client, session);
  }
  return session;
}
