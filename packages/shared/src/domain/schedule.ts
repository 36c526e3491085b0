/**
 * BullMQ's ids of our job schedulers begin so. Those of plain BullMQ clients' own schedulers do not, and are left alone.
 * It holds no colon: BullMQ takes ids of jobs of three parts only.
 */
export const SCHEDULER_PREFIX = 'sluice-';

/** BullMQ's id of the job scheduler of a schedule. */
export function schedulerIdOf(scheduleId: string): string {
  return SCHEDULER_PREFIX + scheduleId;
}

/** The schedule of a job scheduler; null when it is none of ours. */
export function scheduleOfScheduler(schedulerId: string): string | null {
  return SCHEDULER_ID.exec(schedulerId)?.[1] ?? null;
}

/** One run of a schedule. */
export interface Occurrence {
  readonly scheduleId: string;
  /** When it was due, unix ms. */
  readonly dueMs: number;
}

/** The occurrence that a BullMQ job is, by the id that BullMQ gave it; null when it is none of a schedule of ours. */
export function occurrenceOf(queueJobId: string): Occurrence | null {
  const [, scheduleId, due] = OCCURRENCE_ID.exec(queueJobId) ?? [];
  return scheduleId === undefined ? null : { scheduleId, dueMs: Number(due) };
}

/** BullMQ's id of the job of an occurrence. */
export function queueJobIdOf({ scheduleId, dueMs }: Occurrence): string {
  return `${queueJobBeginning(scheduleId)}${dueMs}`;
}

/** What the ids of all BullMQ jobs of a schedule begin with. */
export function queueJobBeginning(scheduleId: string): string {
  return `repeat:${schedulerIdOf(scheduleId)}:`;
}

/**
 * Where in its interval a schedule that runs every so often is due: its runs are at `k x everyMs + phase`, which are
 * whole intervals after it was made. So one that is made anew in Redis keeps its times, whenever that happens.
 * @returns 1..everyMs; BullMQ takes 0 for "at once"
 */
export function phaseMs(createdMs: number, everyMs: number): number {
  return createdMs % everyMs || everyMs;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SCHEDULER_ID = new RegExp(`^${SCHEDULER_PREFIX}(${UUID})$`);
/** Thirteen digits are the moments from 2001 to 2286. */
const OCCURRENCE_ID = new RegExp(`^repeat:${SCHEDULER_PREFIX}(${UUID}):([1-9]\\d{12})$`);
