/**
 * Prefix of the BullMQ ids of our job schedulers. Schedulers of plain BullMQ clients do not have it, and are ignored.
 * It contains no colon: BullMQ accepts colons only in job ids of exactly three parts.
 */
export const SCHEDULER_PREFIX = 'sluice-';

/** BullMQ's id of the job scheduler of a schedule. */
export function schedulerIdOf(scheduleId: string): string {
  return SCHEDULER_PREFIX + scheduleId;
}

/** The schedule of a job scheduler; null when the scheduler is not ours. */
export function scheduleOfScheduler(schedulerId: string): string | null {
  return SCHEDULER_ID.exec(schedulerId)?.[1] ?? null;
}

/** One run of a schedule. */
export interface Occurrence {
  readonly scheduleId: string;
  /** When it was due, unix ms. */
  readonly dueMs: number;
}

/**
 * The occurrence behind a BullMQ job, from the id that BullMQ gave it; null when the job is not of one of our
 * schedules.
 */
export function occurrenceOf(queueJobId: string): Occurrence | null {
  const [, scheduleId, due] = OCCURRENCE_ID.exec(queueJobId) ?? [];
  return scheduleId === undefined ? null : { scheduleId, dueMs: Number(due) };
}

/** BullMQ's id of the job of an occurrence. */
export function queueJobIdOf({ scheduleId, dueMs }: Occurrence): string {
  return `${queueJobBeginning(scheduleId)}${dueMs}`;
}

/** Common prefix of the ids of all BullMQ jobs of a schedule. */
export function queueJobBeginning(scheduleId: string): string {
  return `repeat:${schedulerIdOf(scheduleId)}:`;
}

/**
 * The phase of an interval schedule: its runs are due at `k x everyMs + phase`, which are whole intervals after its
 * creation. So a schedule that is recreated in Redis keeps its times, whenever that happens.
 * @returns 1..everyMs; BullMQ interprets 0 as "at once"
 */
export function phaseMs(createdMs: number, everyMs: number): number {
  return createdMs % everyMs || everyMs;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SCHEDULER_ID = new RegExp(`^${SCHEDULER_PREFIX}(${UUID})$`);
/** Thirteen digits cover the moments from 2001 to 2286. */
const OCCURRENCE_ID = new RegExp(`^repeat:${SCHEDULER_PREFIX}(${UUID}):([1-9]\\d{12})$`);
