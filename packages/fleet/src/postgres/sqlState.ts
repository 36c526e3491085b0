import pg from 'pg';

/** The SQLSTATE with which PostgreSQL rejected a statement; null when the error did not come from the server. */
export function sqlStateOf(error: unknown): string | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof pg.DatabaseError) return at.code ?? null;
  }
  return null;
}

/**
 * Whether the server rejected a statement because of its values: classes "data exception" and "program limit exceeded".
 */
export function isDataRefusal(error: unknown): boolean {
  return ['22', '54'].includes(sqlStateOf(error)?.slice(0, 2) ?? '');
}
