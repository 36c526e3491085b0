import type { Database } from '../connect.js';

/** Which jobs to analyse, and over which time. */
export interface AnalysedRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly stepMs: number;
  readonly task: string | null;
}

/** Figures of one step, of one task, or of the whole range when both are null. */
export interface AnalysedFigures {
  readonly kind: 'accepted' | 'started' | 'finished' | 'tried' | 'died';
  /** Number of the step, from 0. */
  readonly step: number | null;
  readonly task: string | null;
  readonly count: number;
  /** Of `started`: wait; of `finished`: duration of the attempt that completed; in ms. */
  readonly avg: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  /** Of `finished`: number completed. Of `tried`: attempts that failed. */
  readonly good: number | null;
  /** Of `tried`: attempts that were deferred. */
  readonly sum: number | null;
}

/**
 * Change over a step in the number of waiting jobs, and of started but unfinished ones; step -1 covers everything
 * before.
 */
export interface LengthChange {
  readonly step: number;
  readonly waiting: number;
  readonly underWay: number;
}

/** Change over a step in the number of running attempts; step -1 covers everything before. */
export interface RunningChange {
  readonly step: number;
  readonly running: number;
  /** What attempts that started or ended in the step contribute to the total attempt time until its end, in ms. */
  readonly ms: number;
}

/** The ledger's figures of a tenant's jobs. */
export interface JobAnalysis {
  readonly figures: readonly AnalysedFigures[];
  readonly changes: readonly LengthChange[];
  readonly running: readonly RunningChange[];
  /** False when there were more jobs than the limit: then only the newest count. */
  readonly isWhole: boolean;
}

/** Maximum number of jobs read. */
export const MAX_ANALYSED_JOBS = 200_000;

/** Jobs that ended within the range but were accepted longer before it than this are not included, in ms. */
const LOOK_BACK_MS = 86_400_000;

/**
 * Our ids begin with their time and stay below this until 2039; nearly all ids derived from a plain client's are above.
 */
const FIRST_DERIVED_ID = '02000000-0000-0000-0000-000000000000';

const COLUMNS = `id, fence, task, accepted_at, started_at, finished_at, attempt_started_at, state,
  CASE WHEN started_at IS NULL OR ranked_since <= started_at THEN greatest(accepted_at, ranked_since)
       ELSE accepted_at END AS since`;

/**
 * Each of the three ways to find a job has its index: ids by time, unfinished jobs of any age, and ids derived from a
 * plain client's. Each job's row is read once, and all figures are computed from it.
 */
const FOUND = `
found AS MATERIALIZED (
  (SELECT ${COLUMNS} FROM jobs
   WHERE tenant_id = $1 AND id >= $5 AND id < $6 AND ($7::text IS NULL OR task = $7)
   ORDER BY id DESC LIMIT $8)
  UNION ALL
  (SELECT ${COLUMNS} FROM jobs
   WHERE tenant_id = $1 AND finished_at IS NULL AND id < $5 AND ($7::text IS NULL OR task = $7)
   ORDER BY id DESC LIMIT $8)
  UNION ALL
  (SELECT ${COLUMNS} FROM jobs
   WHERE tenant_id = $1 AND id >= '${FIRST_DERIVED_ID}' AND ($7::text IS NULL OR task = $7)
     AND accepted_at < $3 AND (finished_at IS NULL OR finished_at >= $2)
   LIMIT $8)
)`;

/**
 * Attempts of jobs whose own row does not contain everything: the row of a job that completed at the first attempt
 * does. Attempts record what happened, whatever became of the job later: a redrive resets the job's counters. Reads by
 * each job's key, however many jobs the planner expects (`OFFSET 0` ensures it): otherwise it would read the whole
 * table of attempts.
 */
const ATTEMPTED = `
attempted AS MATERIALIZED (
  SELECT f.task, a.outcome, a.started_at, a.finished_at
  FROM found f, LATERAL (
    SELECT outcome, started_at, finished_at FROM attempts
    WHERE job_id = f.id AND finished_at >= $2 AND started_at < $3 OFFSET 0) AS a
  WHERE f.fence > 0 AND NOT (f.fence = 1 AND f.state = 'completed')
)`;

const stepOf = (at: string): string => `floor(date_part('epoch', ${at} - $2) * 1000 / $4)::int`;
const msBetween = (from: string, to: string): string => `date_part('epoch', ${to} - ${from}) * 1000`;
const SETS = 'GROUP BY GROUPING SETS ((1, 2), (1, 3), (1))';
const quantiles = (of: string): string =>
  [0.5, 0.9, 0.99].map((q) => `percentile_cont(${q}) WITHIN GROUP (ORDER BY ${of})`).join(', ');

const ANALYSE = `
WITH ${FOUND}, ${ATTEMPTED}, events AS (
  SELECT 'accepted' AS kind, ${stepOf('accepted_at')} AS step, task, NULL::float8 AS ms, 0 AS good, 0::float8 AS sum
  FROM found WHERE accepted_at >= $2 AND accepted_at < $3
  UNION ALL
  SELECT 'started', ${stepOf('started_at')}, task, ${msBetween('since', 'started_at')}, 0, 0
  FROM found WHERE started_at >= $2 AND started_at < $3
  UNION ALL
  SELECT 'finished', ${stepOf('finished_at')}, task,
         CASE WHEN state = 'completed' THEN ${msBetween('attempt_started_at', 'finished_at')} END,
         CASE WHEN state = 'completed' THEN 1 ELSE 0 END, 0
  FROM found WHERE finished_at >= $2 AND finished_at < $3
  UNION ALL
  SELECT 'tried', ${stepOf('finished_at')}, task, NULL, (outcome = 'failed')::int, (outcome = 'deferred')::int
  FROM attempted WHERE finished_at < $3 AND outcome IN ('failed', 'deferred')
  UNION ALL
  SELECT 'died', ${stepOf('died_at')}, task, NULL, 0, 0
  FROM dead_letters
  WHERE tenant_id = $1 AND died_at >= $2 AND died_at < $3 AND ($7::text IS NULL OR task = $7)
)
SELECT kind, step, task, count(*)::int, avg(ms), ${quantiles('ms')}, sum(good)::int, sum(sum)::float8
FROM events ${SETS}
UNION ALL
SELECT 'changes', greatest(-1, ${stepOf('at')}), NULL, sum(waiting)::int, NULL, NULL, NULL, NULL, NULL, sum(under_way)::float8
FROM found, LATERAL (VALUES
  (since, 1, 0),
  (coalesce(started_at, finished_at), -1, CASE WHEN started_at IS NULL THEN 0 ELSE 1 END),
  (CASE WHEN started_at IS NOT NULL THEN finished_at END, 0, -1)) AS event(at, waiting, under_way)
WHERE at < $3
GROUP BY 2
UNION ALL
SELECT 'running', greatest(-1, ${stepOf('at')}), NULL, sum(more)::int, NULL, NULL, NULL, NULL, NULL,
  sum(more * ((${stepOf('at')} + 1) * $4::float8 - ${msBetween('$2', 'at')}))::float8
FROM (
  SELECT at, more FROM found, LATERAL (VALUES (attempt_started_at, 1), (finished_at, -1)) AS event(at, more)
  WHERE state = 'completed' AND fence <= 1
  UNION ALL
  SELECT at, more FROM found, LATERAL (VALUES (attempt_started_at, 1), (now(), -1)) AS event(at, more) WHERE state = 'active'
  UNION ALL
  SELECT at, more FROM attempted, LATERAL (VALUES (started_at, 1), (finished_at, -1)) AS event(at, more)
) AS runs
WHERE at < $3
GROUP BY 2
UNION ALL
SELECT 'found', NULL, NULL, count(*)::int, NULL, NULL, NULL, NULL, NULL, NULL FROM found`;

type Row = [
  kind: AnalysedFigures['kind'] | 'changes' | 'running' | 'found',
  step: number | null,
  task: string | null,
  count: number,
  avg: number | null,
  p50: number | null,
  p90: number | null,
  p99: number | null,
  good: number | null,
  sum: number | null,
];

/**
 * Counts a tenant's jobs over time, in one statement that reads each job once and at most {@link MAX_ANALYSED_JOBS} per
 * index.
 */
export async function analyseJobs(db: Database, tenantId: string, range: AnalysedRange): Promise<JobAnalysis> {
  const { fromMs, toMs, stepMs, task } = range;
  const { rows } = await db.$client.query<Row>({
    name: 'analyse_jobs',
    text: ANALYSE,
    rowMode: 'array',
    values: [
      tenantId,
      new Date(fromMs),
      new Date(toMs),
      stepMs,
      firstIdAt(fromMs - LOOK_BACK_MS),
      firstIdAt(toMs),
      task,
      MAX_ANALYSED_JOBS,
    ],
  });
  const figures: AnalysedFigures[] = [];
  const changes: LengthChange[] = [];
  const running: RunningChange[] = [];
  let found = 0;
  for (const [kind, step, of, count, avg, p50, p90, p99, good, sum] of rows) {
    if (kind === 'found') found = count;
    else if (kind === 'changes') changes.push({ step: step ?? -1, waiting: count, underWay: sum ?? 0 });
    else if (kind === 'running') running.push({ step: step ?? -1, running: count, ms: sum ?? 0 });
    else figures.push({ kind, step, task: of, count, avg, p50, p90, p99, good, sum });
  }
  return { figures, changes, running, isWhole: found < MAX_ANALYSED_JOBS };
}

/** The smallest UUIDv7 of a moment: ids sort by time. */
export function firstIdAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
