import type pg from 'pg';

/** Executes an effect's statements: the pool, or the connection that its transaction runs on. */
export type EffectStore = Pick<pg.Pool | pg.PoolClient, 'query'>;

/** An effect of a job, requested by one of its attempts. */
export interface EffectKey {
  readonly jobId: string;
  /** Number of the attempt, from its claim. */
  readonly fence: number;
  readonly key: string;
}

/** The stored state of an effect. */
export type FoundEffect =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'open' }
  /** The requesting attempt no longer owns its job. */
  | { readonly kind: 'lost' };

const FIND = `
SELECT j.fence = $2 AND j.state = 'active' AS owned, e.key IS NOT NULL AS done, e.result
FROM jobs j LEFT JOIN effects e ON e.job_id = j.id AND e.key = $3
WHERE j.id = $1`;

/** Reads an effect's record, and whether the attempt still owns its job. */
export async function findEffect(store: EffectStore, { jobId, fence, key }: EffectKey): Promise<FoundEffect> {
  const { rows } = await store.query<{ owned: boolean; done: boolean; result: unknown }>({
    name: 'find_effect',
    text: FIND,
    values: [jobId, fence, key],
  });
  const [row] = rows;
  if (row === undefined || !row.owned) return { kind: 'lost' };
  return row.done ? { kind: 'done', result: row.result } : { kind: 'open' };
}

/** The lock serializes this with a concurrent claim of the job, so that the later one sees the earlier one. */
const REMEMBER = `
INSERT INTO effects (job_id, key, tenant_id, result)
SELECT j.id, $3, j.tenant_id, $4::jsonb FROM jobs j
WHERE j.id = $1 AND j.fence = $2 AND j.state = 'active'
FOR SHARE
ON CONFLICT DO NOTHING
RETURNING result`;

/**
 * Records an effect's result, if the attempt still owns its job.
 * @returns the record as later reads return it; null when nothing was written: another attempt owns the job, or the
 *   effect was recorded before
 */
export async function rememberEffect(
  store: EffectStore,
  { jobId, fence, key }: EffectKey,
  result: unknown,
): Promise<{ readonly result: unknown } | null> {
  const { rows } = await store.query<{ result: unknown }>({
    name: 'remember_effect',
    text: REMEMBER,
    values: [jobId, fence, key, JSON.stringify(result)],
  });
  return rows[0] ?? null;
}

/**
 * Locks a job's row until the transaction ends, so that no other process claims or settles it meanwhile. Outside a
 * transaction it waits until the current lock holder has ended, so that the holder's writes are visible from then on.
 */
export async function lockJob(store: EffectStore, jobId: string): Promise<void> {
  await store.query({ name: 'lock_job', text: 'SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE', values: [jobId] });
}
