/** Codes of the server's refusals and of failed attempts. */
export type ServerErrorCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unknown_task'
  | 'conflict'
  | 'duplicate_job'
  | 'wrong_state'
  | 'limit_reached'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'idempotency_key_reused'
  | 'idempotency_in_progress'
  | 'unavailable'
  | 'internal'
  | 'attempt_failed'
  | 'attempt_timed_out'
  | 'attempt_lost'
  | 'upstream_refused'
  | 'upstream_failed'
  | 'upstream_paced'
  | 'address_refused'
  | 'configuration';

/** State of a job. `completed`, `dead`, `cancelled`, `expired` and `shed` are final. */
export type JobState =
  | 'accepted'
  | 'queued'
  | 'delayed'
  | 'active'
  | 'retrying'
  | 'completed'
  | 'dead'
  | 'cancelled'
  | 'expired'
  | 'shed';

/** Load zone of a lane. */
export type Zone = 'green' | 'yellow' | 'red' | 'shed';

/** Why an attempt or a job failed. */
export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** An accepted job. */
export interface AcceptedJob {
  readonly id: string;
  readonly state: JobState;
  /** 1 is next; null when it does not wait. */
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  /** Nine of ten jobs wait shorter. */
  readonly estimatedWaitP90Ms: number | null;
  readonly zone: Zone;
  /** Set when the job is accepted and not queued yet. */
  readonly message?: string | undefined;
}

/** How one job of a batch was answered: `status` 202 with its id, or a refusal. */
export interface BatchResult {
  readonly status: number;
  readonly id?: string | undefined;
  readonly code?: ServerErrorCode | undefined;
  readonly detail?: string | undefined;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[] | undefined;
}

/** A job in a list. Times are RFC 3339. */
export interface JobSummary {
  readonly id: string;
  readonly task: string;
  readonly state: JobState;
  readonly priority: number;
  /** Times it was started. */
  readonly attempts: number;
  readonly userId: string | null;
  /** The schedule that started it. */
  readonly scheduleId: string | null;
  readonly acceptedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When a delayed or retrying job is due. */
  readonly dueAt: string | null;
}

/** One entry of a job's life. */
export interface TimelineEntry {
  readonly at: string;
  readonly event:
    | 'accepted'
    | 'queued'
    | 'attempt_started'
    | 'attempt_ended'
    | 'died'
    | 'redriven'
    | 'cancel_requested'
    | 'finished';
  readonly attempt?: number | undefined;
  readonly outcome?: 'completed' | 'failed' | 'deferred' | 'released' | 'cancelled' | 'lost' | undefined;
  readonly state?: JobState | undefined;
  readonly worker?: string | undefined;
  readonly error?: JobError | undefined;
  readonly retryAt?: string | undefined;
}

/** A job with everything that is known of it. */
export interface JobDetail extends JobSummary {
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  readonly estimatedWaitP90Ms: number | null;
  readonly progress: unknown;
  readonly result: unknown;
  readonly error: JobError | null;
  readonly timeline: readonly TimelineEntry[];
}

/** A job that is over. */
export interface FinishedJob {
  readonly id: string;
  readonly state: JobState;
  readonly result: unknown;
  readonly error: JobError | null;
  readonly finishedAt: string | null;
}

/** A cancelled job: at once while it waited; `active` while it is being stopped. */
export interface CancelledJob {
  readonly id: string;
  readonly state: JobState;
  readonly cancelRequested: boolean;
}

/** Number of jobs by state. */
export type StateCounts = { readonly [State in JobState]?: number | undefined };

/** The state of the tenant's own queue; null is what is not known at the moment. */
export interface QueueStatus {
  readonly counts: { readonly byState: StateCounts; readonly byTask: Readonly<Record<string, StateCounts>> };
  readonly workers: { readonly desired: number; readonly live: number | null };
  readonly oldestWaitMs: number;
  readonly estimatedWaitMs: number | null;
  readonly estimatedWaitP90Ms: number | null;
  readonly zone: Zone;
  readonly circuit:
    | readonly {
        readonly upstream: string;
        readonly state: 'closed' | 'open' | 'half-open';
        readonly probeInMs: number;
      }[]
    | null;
  readonly quota:
    | readonly {
        readonly upstream: string;
        readonly callsPerWindow: number | null;
        readonly windowMs: number;
        readonly callsAtATime: number | null;
        readonly left: number | null;
        readonly underWay: number;
        readonly refillsInMs: number;
      }[]
    | null;
}

/** A task that the fleet runs. */
export interface TaskInfo {
  readonly name: string;
  readonly summary: string;
  readonly queueClass: string;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** JSON Schema of the data. */
  readonly dataSchema: Readonly<Record<string, unknown>>;
}

/** Why a job died. */
export type DeathCategory = 'permanent' | 'exhausted' | 'timeout' | 'poison' | 'invalid';

/** How much a death matters to an operator. */
export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** A dead job. */
export interface DeadLetter {
  readonly id: string;
  readonly jobId: string;
  readonly task: string;
  readonly category: DeathCategory;
  readonly severity: Severity;
  readonly error: JobError;
  readonly attempts: number;
  readonly diedAt: string;
  readonly redrivenAt: string | null;
}

/** A schedule in a list. */
export interface ScheduleSummary {
  readonly id: string;
  readonly task: string;
  readonly cron: string | null;
  readonly timezone: string | null;
  readonly everyMs: number | null;
  readonly priority: number;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly role: 'owner' | 'admin' | 'member' | 'viewer';
  readonly userId: string | null;
  readonly createdAt: string;
  /** Null while the queue does not know it. */
  readonly nextRunAt: string | null;
}

/** A schedule with everything that is known of it. */
export interface Schedule extends ScheduleSummary {
  readonly data: unknown;
  /** The latest job that it started. */
  readonly lastJob: JobSummary | null;
}
