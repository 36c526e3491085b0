import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { StreamedJob, StreamedJobsFilter } from '@sluice/fleet/postgres/queries/streamJobs';
import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import type { JobContext, TaskHandler } from '@sluice/tasks';
import type { JobsCsvData } from '@sluice/tasks/internal';
import { stringify } from 'csv-stringify';
import { writeWholeFile } from './writeWholeFile.js';

/** Streams a tenant's jobs, oldest first, as they stood at one moment. */
export type StreamJobs = (tenantId: string, filter: StreamedJobsFilter) => AsyncIterable<StreamedJob>;

/** What the submitter of an export reads. */
export interface JobsCsvResult {
  /** Path below the folder of exports: `<tenant>/<job id>.csv`. */
  readonly file: string;
  /** Jobs written; the line of headings is not counted. */
  readonly rows: number;
  readonly bytes: number;
  /** Of the whole file, as hex. */
  readonly sha256: string;
}

/** What exports are written with. */
export interface JobsCsvDependencies {
  readonly streamJobs: StreamJobs;
  /** Folder that exports are written below. */
  readonly exportsDir: string;
}

/** Rows between two notes of progress. */
const PROGRESS_ROWS = 5_000;

/** Headings of the file, in order, with what stands below them. */
const COLUMNS = {
  id: (job) => job.id,
  task: (job) => job.task,
  state: (job) => job.state,
  priority: (job) => job.priority,
  role: (job) => job.role,
  user_id: (job) => job.userId,
  attempts: (job) => job.attempts,
  failures: (job) => job.failures,
  accepted_at: (job) => job.acceptedAt,
  started_at: (job) => job.startedAt,
  finished_at: (job) => job.finishedAt,
  due_at: (job) => job.dueAt,
  error_code: (job) => job.error?.code,
  error_message: (job) => job.error?.message,
} as const satisfies Record<string, (job: StreamedJob) => unknown>;

/**
 * Writes a tenant's jobs to a CSV file (RFC 4180). The same job always writes the same file, whole or not at all. Cells
 * that a spreadsheet would run as a formula are led by an apostrophe. Throws the signal's reason when that aborts.
 */
export function createJobsCsvHandler({ streamJobs, exportsDir }: JobsCsvDependencies): TaskHandler<JobsCsvData> {
  return async (data, context): Promise<JobsCsvResult> => {
    context.signal.throwIfAborted();
    const file = fileOf(context);
    const counted = { rows: 0 };
    const cells = toCells(streamJobs(context.tenantId, toFilter(data)), counted, context);
    const written = await writeWholeFile({
      path: join(exportsDir, file),
      attempt: context.attempt,
      source: [Readable.from(cells), createCsv()],
      signal: context.signal,
    });
    return { file, rows: counted.rows, ...written };
  };
}

/** Ids are made by the fleet; that they cannot lead out of the folder is checked all the same. */
function fileOf({ tenantId, jobId }: JobContext): string {
  if (!TENANT_ID.test(tenantId) || !isId(jobId)) throw new FleetError('invalid_request', 'The ids are not ours');
  return `${tenantId}/${jobId}.csv`;
}

function toFilter({ since, until, state, task }: JobsCsvData): StreamedJobsFilter {
  return {
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
    state,
    task,
  };
}

async function* toCells(
  jobs: AsyncIterable<StreamedJob>,
  counted: { rows: number },
  context: JobContext,
): AsyncGenerator<unknown[], void, void> {
  for await (const job of jobs) {
    yield Object.values(COLUMNS).map((cell) => cell(job));
    counted.rows++;
    if (counted.rows % PROGRESS_ROWS === 0) await context.progress({ rows: counted.rows });
  }
}

function createCsv(): NodeJS.ReadWriteStream {
  return stringify({
    header: true,
    columns: Object.keys(COLUMNS),
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { date: (date) => date.toISOString() },
  });
}
