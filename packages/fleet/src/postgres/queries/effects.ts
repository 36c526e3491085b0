import type pg from 'pg';

/** Where statements of an effect go: the pool, or the connection that its transaction runs on. */
export type EffectStore = Pick<pg.Pool | pg.PoolClient, 'query'>;

/** An effect of a job, asked for by one of its attempts. */
export interface EffectKey {
  readonly jobId: string;
  /** Number of the attempt, from its claim. */
  readonly fence: number;
  readonly key: string;
}

/** What is known of an effect. */
export type FoundEffect =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'open' }
  /** The attempt that asks no longer owns its job. */
  | { readonly kind: 'lost' };

const FIND = `
SELECT j.fence = $2 AND j.state = 'active' AS owned, e.key IS NOT NULL AS done, e.result
FROM jobs j LEFT JOIN effects e ON e.job_id = j.id AND e.key = $3
WHERE j.id = $1`;

/** Looks an effect up, and whether the attempt still owns its job. */
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

/** The lock makes it wait for a claim of the job that is under way, and a claim wait for it: one sees the other. */
const REMEMBER = `
INSERT INTO effects (job_id, key, tenant_id, result)
SELECT j.id, $3, j.tenant_id, $4::jsonb FROM jobs j
WHERE j.id = $1 AND j.fence = $2 AND j.state = 'active'
FOR SHARE
ON CONFLICT DO NOTHING
RETURNING result`;

/**
 * Remembers what an effect gave, if the attempt still owns its job.
 * @returns the memory as it will be read; null when nothing was written: the job is another's, or it was remembered before
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
 * Locks a job's row until the transaction ends: nobody claims or settles it meanwhile. Outside of a transaction it waits
 * until one that had the lock has ended, so that what that one did is seen from then on.
 */
export async function lockJob(store: EffectStore, jobId: string): Promise<void> {
  await store.query({ name: 'lock_job', text: 'SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE', values: [jobId] });
}
