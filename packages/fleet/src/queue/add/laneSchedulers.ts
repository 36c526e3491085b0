import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { standingPriority } from '@sluice/shared/domain/priority';
import { phaseMs, queueJobIdOf, schedulerIdOf } from '@sluice/shared/domain/schedule';
import type { RedisClient } from '../../redis/client.js';
import { registerLanes } from '../../redis/commands/registerLanes.js';
import type { FleetKeys } from '../../redis/keys.js';
import type { SchedulerSight } from '../observe/inspectSchedulers.js';
import { inspectSchedulers } from '../observe/inspectSchedulers.js';
import { toBullOptions } from './jobOptions.js';
import type { LaneQueues } from './laneQueues.js';

/** What the ledger knows of a schedule that is made in its lane. */
export interface SchedulableRow {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  readonly task: string;
  readonly data: unknown;
  readonly role: TenantRole;
  /** 0..100, higher is sooner. */
  readonly priority: number;
  readonly maxAttempts: number;
  readonly cron: string | null;
  readonly timezone: string | null;
  readonly everyMs: number | null;
  readonly createdAt: Date;
}

/** A schedule by its place. */
export interface PlacedSchedule {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
}

/** BullMQ's job schedulers in the lanes: each makes the next job of a schedule when the one before starts. */
export interface LaneSchedulers {
  /**
   * Makes a schedule's job scheduler with its first job. One that is there already gets its next job anew, which can
   * lose a run that is due: only for what Redis does not hold, or holds without a next job.
   */
  make(row: SchedulableRow): Promise<void>;
  /** Takes a schedule's job scheduler out, with the job that waits. Harmless when there is none. */
  remove(schedule: PlacedSchedule): Promise<void>;
  /** When the next job of each is due, unix ms; null when there is no scheduler. All in one round trip. */
  nextRuns(schedules: readonly PlacedSchedule[]): Promise<(number | null)[]>;
  /** The job schedulers that there are in the lanes of these. */
  inspectThoseOf(schedules: readonly PlacedSchedule[]): Promise<SchedulerSight[]>;
  /** The job schedulers that there are in these lanes. */
  inspectLanes(lanes: readonly string[]): Promise<SchedulerSight[]>;
}

/** Job schedulers over the connection of the queues. */
export function createLaneSchedulers(
  client: RedisClient,
  keys: FleetKeys,
  queues: Pick<LaneQueues, 'queue'>,
): LaneSchedulers {
  async function nextRun(schedule: PlacedSchedule): Promise<number | null> {
    // Read-only, with BullMQ's own name for the key: its API reads the whole template with it.
    const score = await client.zscore(queues.queue(laneOf(schedule)).toKey('repeat'), schedulerIdOf(schedule.id));
    return score === null ? null : Number(score);
  }
  return {
    async make(row) {
      const lane = laneOf(row);
      // First, so that no scheduler is ever in a lane that no worker knows of.
      await registerLanes(client, keys, [{ tenantId: row.tenantId, name: laneName(lane), jobs: 0 }]);
      await queues.queue(lane).upsertJobScheduler(schedulerIdOf(row.id), repeatOf(row), {
        name: row.task,
        data: row.data ?? {},
        opts: toBullOptions({ ...row, queuePriority: standingPriority(row.role, row.priority) }),
      });
    },
    async remove(schedule) {
      const queue = queues.queue(laneOf(schedule));
      const dueMs = await nextRun(schedule);
      await queue.removeJobScheduler(schedulerIdOf(schedule.id));
      // BullMQ takes the next job along while it is delayed, and leaves one that is due.
      if (dueMs !== null) await queue.remove(queueJobIdOf({ scheduleId: schedule.id, dueMs }));
    },
    nextRuns: (schedules) => Promise.all(schedules.map(nextRun)),
    inspectThoseOf: (schedules) =>
      inspectSchedulers(client, keys, [...new Set(schedules.map((schedule) => laneName(laneOf(schedule))))]),
    inspectLanes: (lanes) => inspectSchedulers(client, keys, lanes),
  };
}

function laneOf({ tenantId, queueClass }: PlacedSchedule): Lane {
  return { tenantId, queueClass: queueClass as Lane['queueClass'] };
}

function repeatOf({ cron, timezone, everyMs, createdAt }: SchedulableRow) {
  if (everyMs !== null) return { every: everyMs, offset: phaseMs(createdAt.getTime(), everyMs) };
  return { pattern: cron ?? '', tz: timezone ?? 'UTC' };
}
