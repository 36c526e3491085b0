import type pg from 'pg';

/** Ends a connection's transaction, also after an error; false when the connection is lost. */
export async function rollBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
