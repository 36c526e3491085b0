import type { Database } from '../connect.js';
import type { ClaimedJob, ClaimRequest } from './claimJobs.js';
import { claimJobs } from './claimJobs.js';
import type { Settlement } from './settleJobs.js';
import { settleJobs } from './settleJobs.js';

/** What a worker has to write at one moment. It may contain each job only once. */
export interface LedgerBatch {
  readonly claims: readonly ClaimRequest[];
  readonly settlements: readonly Settlement[];
}

/** The results of a batch, each list in the order of its input: see `claimJobs` and `settleJobs`. */
export interface WrittenBatch {
  readonly claimed: readonly (ClaimedJob | null)[];
  readonly settled: readonly boolean[];
}

/**
 * The common case: waiting jobs start, successful attempts end. Rows are found by the batch alone, each paired with its
 * input by position: no join, so no plan can read more; and rows are always locked in index order, so that two batches
 * cannot deadlock.
 */
const TURN = `
WITH claimed AS (
  UPDATE jobs j
  SET state = 'active', fence = j.fence + 1, worker_id = ($3::text[])[array_position($1::uuid[], j.id)],
      attempt_started_at = now(), started_at = coalesce(j.started_at, now()), due_at = NULL, updated_at = now(),
      queued_at = coalesce(j.queued_at, now())
  WHERE j.id = ANY($1) AND j.tenant_id = ($2::text[])[array_position($1, j.id)]
    AND j.state IN ('accepted', 'queued', 'delayed', 'retrying')
    AND (j.due_at IS NULL OR j.due_at <= now() + interval '1 second')
  RETURNING j.id, j.fence, j.tenant_id, j.failures, j.deferrals, j.crashes, j.max_attempts, j.timeout_ms, j.traceparent, j.data,
            j.cancel_requested_at IS NOT NULL AS cancel_requested,
            (extract(epoch FROM now() - j.accepted_at) * 1000)::float8 AS age_ms, j.started_at = j.attempt_started_at AS first_start
), settled AS (
  UPDATE jobs j
  SET state = 'completed', result = ($6::jsonb[])[array_position($4::uuid[], j.id)], error = NULL, due_at = NULL,
      updated_at = now(), finished_at = now()
  WHERE j.id = ANY($4) AND j.fence = ($5::integer[])[array_position($4, j.id)] AND j.state = 'active'
  RETURNING j.id, j.fence, j.tenant_id, j.worker_id, j.attempt_started_at
), ended AS (
  INSERT INTO attempts (job_id, number, tenant_id, worker_id, started_at, finished_at, outcome)
  SELECT id, fence, tenant_id, coalesce(worker_id, ''), coalesce(attempt_started_at, now()), now(), 'completed'
  FROM settled
  ON CONFLICT (job_id, number) DO UPDATE
  SET finished_at = excluded.finished_at, outcome = excluded.outcome, error = NULL, retry_at = NULL
)
SELECT * FROM claimed
UNION ALL
SELECT NULL, count(*)::integer, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM settled`;

/** A row as an array, which costs less to parse than an object. */
type TurnRow = [
  /** Null in the row whose fence is the number of settlements. */
  id: string | null,
  fence: number,
  tenantId: string,
  failures: number,
  deferrals: number,
  crashes: number,
  maxAttempts: number,
  timeoutMs: number,
  traceparent: string | null,
  data: unknown,
  cancelRequested: boolean,
  ageMs: number,
  isFirstStart: boolean,
];

/**
 * Claims and settles jobs: one statement and one commit in the common case. Everything else (a job that is over, still
 * active or not due, an attempt that failed or no longer owns its job) takes the slow path.
 */
export async function writeBatch(db: Database, { claims, settlements }: LedgerBatch): Promise<WrittenBatch> {
  const completions = settlements.filter(isCompletion);
  const others = completions.length === settlements.length ? [] : settlements.filter((one) => !isCompletion(one));
  const [ordinary, otherwise] = await Promise.all([
    claims.length + completions.length > 0 ? takeOrdinaryTurn(db, claims, completions) : NOTHING,
    others.length > 0 ? settleJobs(db, others) : [],
  ]);
  const missing = claims.length === ordinary.claimed.size ? [] : claims.filter(({ id }) => !ordinary.claimed.has(id));
  const [found, ended] = await Promise.all([
    missing.length > 0 ? claimJobs(db, missing) : [],
    // Those that were just settled are reported as settled again.
    ordinary.settled < completions.length ? settleJobs(db, completions) : null,
  ]);
  const long = new Map(missing.map(({ id }, i) => [id, found[i] ?? null]));
  const [completed, other] = [ended?.values(), otherwise.values()];
  return {
    claimed: claims.map(({ id }) => ordinary.claimed.get(id) ?? long.get(id) ?? null),
    settled: settlements.map((one) =>
      isCompletion(one) ? completed === undefined || completed.next().value === true : other.next().value === true,
    ),
  };
}

function isCompletion({ state }: Settlement): boolean {
  return state === 'completed';
}

interface OrdinaryTurn {
  readonly claimed: ReadonlyMap<string, ClaimedJob>;
  /** Completions that were applied. */
  readonly settled: number;
}

const NOTHING: OrdinaryTurn = { claimed: new Map(), settled: 0 };

async function takeOrdinaryTurn(
  db: Database,
  claims: readonly ClaimRequest[],
  completions: readonly Settlement[],
): Promise<OrdinaryTurn> {
  const { rows } = await db.$client.query<TurnRow>({
    name: 'take_turn',
    text: TURN,
    rowMode: 'array',
    values: [
      toPlainArray(claims.map(({ id }) => id)),
      claims.map(({ tenantId }) => tenantId),
      claims.map(({ workerId }) => workerId),
      toPlainArray(completions.map(({ id }) => id)),
      toPlainArray(completions.map(({ fence }) => fence)),
      completions.map(({ result }) => (result === null ? null : JSON.stringify(result))),
    ],
  });
  const claimed = new Map<string, ClaimedJob>();
  let settled = 0;
  for (const row of rows) {
    const [id, fence] = row;
    if (id === null) settled = fence;
    else claimed.set(id, toClaimedJob(id, row));
  }
  return { claimed, settled };
}

/** An array literal of values that need no quotes: ids and numbers. The driver would check every character. */
function toPlainArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

function toClaimedJob(id: string, row: TurnRow): ClaimedJob {
  const [
    ,
    fence,
    tenantId,
    failures,
    deferrals,
    crashes,
    maxAttempts,
    timeoutMs,
    traceparent,
    data,
    cancelRequested,
    ageMs,
    isFirstStart,
  ] = row;
  return {
    id,
    tenantId,
    state: 'active',
    fence,
    failures,
    deferrals,
    crashes,
    maxAttempts,
    timeoutMs,
    traceparent,
    data,
    result: null,
    error: null,
    deathCategory: null,
    cancelRequested,
    ageMs,
    isFirstStart,
    earlyMs: 0,
  };
}
