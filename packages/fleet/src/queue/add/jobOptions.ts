import { createHash } from 'node:crypto';
import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { Lane } from '@sluice/shared/domain/lane';
import { epochAt, queuePriority } from '@sluice/shared/domain/priority';
import type { JobsOptions } from 'bullmq';
import { toTraceMetadata } from './traceMetadata.js';

/** Name of Sluice's back-off strategy in BullMQ jobs: the worker decides the delay, see `domain/retry.ts`. */
export const BACKOFF = 'sluice';

/** Retention of each kind: maximum age in seconds and maximum count. */
const KEEP = { age: 3_600, count: 100 };

/**
 * Finished jobs that workers keep in Redis per lane, for operators to inspect; the ledger keeps all. Set by the worker
 * so that no waiting job carries it; a plain client's own setting for its job takes precedence.
 */
export const KEEP_FINISHED = { removeOnComplete: KEEP, removeOnFail: KEEP };

/** A job to be added to a lane. */
export interface LaneJob {
  /** Id in the ledger and of the BullMQ job: adding it twice is harmless. */
  readonly id: string;
  readonly task: string;
  readonly data: unknown;
  /** BullMQ's priority, 1 (first) to 2,097,151. */
  readonly queuePriority: number;
  /** Maximum counted attempts, including the first. */
  readonly maxAttempts: number;
  readonly delayMs: number;
  /** While an unfinished job of the lane has this key, BullMQ deduplicates others with it. */
  readonly dedupeKey?: string | null;
  /** W3C trace context that the job's attempts continue. */
  readonly traceparent?: string | null;
}

/** What a job's place in its lane depends on besides its role and priority. */
export interface JobRank {
  /** Start of its wait, unix ms; see `domain/priority.ts`. */
  readonly rankedSinceMs: number;
  readonly rulePoints: number;
  /** Unix ms; determines the priority epoch. */
  readonly nowMs: number;
}

/** The fields of a ledger job that its lane receives. */
export interface UnrankedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  /** Id of the BullMQ job if a plain client chose it. */
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

/** A ledger job with its rank, ready to be added to a lane. */
export type QueueableRow = UnrankedRow & JobRank;

/** A job and its lane. */
export interface LanedJob {
  readonly lane: Lane;
  readonly job: LaneJob;
}

/** Converts a ledger row to a job and its lane. */
export function toLanedJob(row: QueueableRow): LanedJob {
  return toRankedJob(row, row);
}

/** The same for a row and a separate rank: merging such large objects costs more than everything else here. */
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
 * Converts a job to BullMQ's form. None of a caller's own options are passed on.
 * @param serverNowMs Redis's time, unix ms: a delay counts from it, regardless of the local clock
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

/** Hashed so that a caller's text never becomes part of a Redis key. */
function toDedupeId(dedupeKey: string): string {
  return createHash('sha256').update(dedupeKey).digest('hex').slice(0, 32);
}

/** BullMQ options of every job, whoever creates it: Sluice decides retries. */
export function toBullOptions({ queuePriority, maxAttempts }: Pick<LaneJob, 'queuePriority' | 'maxAttempts'>) {
  return {
    priority: queuePriority,
    attempts: maxAttempts,
    backoff: { type: BACKOFF },
    // BullMQ ignores a job that is added again while it keeps the failed one.
    removeOnFail: true,
  } satisfies JobsOptions;
}
