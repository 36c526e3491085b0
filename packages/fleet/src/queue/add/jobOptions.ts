import { createHash } from 'node:crypto';
import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { Lane } from '@sluice/shared/domain/lane';
import { epochAt, queuePriority } from '@sluice/shared/domain/priority';
import type { JobsOptions } from 'bullmq';
import { toTraceMetadata } from './traceMetadata.js';

/** Name of our back-off in BullMQ jobs: the delay is decided by the worker, see `domain/retry.ts`. */
export const BACKOFF = 'sluice';

/** Of each kind: so old, in seconds, and so many. */
const KEEP = { age: 3_600, count: 100 };

/**
 * What workers keep of a lane's finished jobs in Redis for operators to look at; the ledger keeps all. It is the workers' to say,
 * so that no waiting job carries it; a plain client's own word for its job stands.
 */
export const KEEP_FINISHED = { removeOnComplete: KEEP, removeOnFail: KEEP };

/** A job on its way into a lane. */
export interface LaneJob {
  /** Id in the ledger, and of the BullMQ job: adding it twice is harmless. */
  readonly id: string;
  readonly task: string;
  readonly data: unknown;
  /** BullMQ's priority, 1 (first) to 2,097,151. */
  readonly queuePriority: number;
  /** Attempts that count, the first included. */
  readonly maxAttempts: number;
  readonly delayMs: number;
  /** While an unfinished job of the lane has this key, BullMQ swallows others of it. */
  readonly dedupeKey?: string | null;
  /** W3C trace context that the job's attempts go on with. */
  readonly traceparent?: string | null;
}

/** What a job's place in its lane rests on, beside its role and priority. */
export interface JobRank {
  /** Since when it waits, unix ms; see `domain/priority.ts`. */
  readonly rankedSinceMs: number;
  readonly rulePoints: number;
  /** Unix ms; says in which era the lane's priorities are. */
  readonly nowMs: number;
}

/** A job of the ledger, as far as its lane is told of it. */
export interface UnrankedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  /** Id of the BullMQ job where a plain client chose it. */
  readonly queueJobId: string | null;
  readonly task: string;
  readonly data: unknown;
  readonly role: TenantRole;
  /** 0..100, higher is sooner. */
  readonly priority: number;
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly dedupeKey?: string | null;
  readonly traceparent?: string | null;
}

/** What the ledger knows of a job that goes into a lane. */
export type QueueableRow = UnrankedRow & JobRank;

/** A job with the lane that it goes into. */
export interface LanedJob {
  readonly lane: Lane;
  readonly job: LaneJob;
}

/** How a row of the ledger goes into its lane. */
export function toLanedJob(row: QueueableRow): LanedJob {
  return toRankedJob(row, row);
}

/** The same of a row and its rank. To join such large objects into one costs more than all the rest. */
export function toRankedJob(row: UnrankedRow, { rankedSinceMs: sinceMs, rulePoints, nowMs }: JobRank): LanedJob {
  const { role, priority } = row;
  return {
    lane: { tenantId: row.tenantId, queueClass: row.queueClass as Lane['queueClass'] },
    job: {
      id: row.queueJobId ?? row.id,
      task: row.task,
      data: row.data,
      queuePriority: queuePriority({ role, priority, sinceMs, rulePoints }, epochAt(nowMs)),
      maxAttempts: row.maxAttempts,
      delayMs: row.delayMs,
      dedupeKey: row.dedupeKey ?? null,
      traceparent: row.traceparent ?? null,
    },
  };
}

/**
 * BullMQ's form of a job. Nothing of a caller's own options is passed on.
 * @param serverNowMs Redis's time, unix ms: a delay counts from then, whatever this machine's clock says
 */
export function toBullJob(job: LaneJob, serverNowMs: number): { name: string; data: unknown; opts: JobsOptions } {
  return {
    name: job.task,
    data: job.data,
    opts: {
      ...toBullOptions(job),
      jobId: job.id,
      ...(job.delayMs > 0 ? { delay: Math.round(job.delayMs), timestamp: Math.round(serverNowMs) } : {}),
      ...(job.dedupeKey ? { deduplication: { id: toDedupeId(job.dedupeKey) } } : {}),
      ...(typeof job.traceparent === 'string' ? { telemetry: { metadata: toTraceMetadata(job.traceparent) } } : {}),
    },
  };
}

/** A caller's text never becomes a part of a key in Redis. */
function toDedupeId(dedupeKey: string): string {
  return createHash('sha256').update(dedupeKey).digest('hex').slice(0, 32);
}

/** What BullMQ is told of every job, whoever makes it: retries are ours to decide. */
export function toBullOptions({ queuePriority, maxAttempts }: Pick<LaneJob, 'queuePriority' | 'maxAttempts'>) {
  return {
    priority: queuePriority,
    attempts: maxAttempts,
    backoff: { type: BACKOFF },
    // BullMQ takes no notice of a job that is sent again while it keeps the one that died.
    removeOnFail: true,
  } satisfies JobsOptions;
}
