import type { JobError, JobState } from './answers.js';

/** An event of a stream; `lastEventId` is where to resume behind it. */
interface Streamed<Type extends string, Data> {
  readonly type: Type;
  readonly lastEventId: string;
  readonly data: Data;
}

interface StateData {
  readonly state: JobState;
  /** The start that it was, from 1; 0 before the first. */
  readonly attempt: number;
  readonly error?: JobError;
}

interface ProgressData {
  /** What the task reported last; null with `tooLong`. */
  readonly progress: unknown;
  readonly tooLong?: true;
}

interface LogData {
  readonly line: string;
}

/** What happens to one job; `done` is the last. */
export type JobEvent =
  | Streamed<
      'position',
      {
        /** 1 is next. */
        readonly position: number;
        readonly estimatedWaitMs: number | null;
        readonly estimatedWaitP90Ms: number | null;
        /** Such as "Position 3 in queue, ~90s wait". */
        readonly message: string;
      }
    >
  | Streamed<'state', StateData>
  | Streamed<'progress', ProgressData>
  | Streamed<'log', LogData>
  | Streamed<
      'done',
      { readonly id: string; readonly state: JobState; readonly result: unknown; readonly error: JobError | null }
    >;

/** What happens to the tenant's jobs; after `missed` read the list of jobs again. */
export type TenantEvent =
  | Streamed<'state', StateData & { readonly id: string }>
  | Streamed<'progress', ProgressData & { readonly id: string }>
  | Streamed<'log', LogData & { readonly id: string }>
  | Streamed<'missed', object>;

/** Types of {@link JobEvent}; later ones are skipped. */
export const JOB_EVENTS: ReadonlySet<string> = new Set<JobEvent['type']>([
  'position',
  'state',
  'progress',
  'log',
  'done',
]);

/** Types of {@link TenantEvent}; later ones are skipped. */
export const TENANT_EVENTS: ReadonlySet<string> = new Set<TenantEvent['type']>(['state', 'progress', 'log', 'missed']);
