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

/** The ledger's row of a schedule to be created in its lane. */
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

/** A schedule and its lane. */
export interface PlacedSchedule {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
}

/** BullMQ job schedulers in the lanes: each creates the next job of a schedule when the previous one starts. */
export interface LaneSchedulers {
  /**
   * Creates a schedule's job scheduler with its first job. An existing one gets a new next job, which can lose a due
   * run: call this only when Redis has no scheduler, or one without a next job.
   */
  make(row: SchedulableRow): Promise<void>;
  /** Removes a schedule's job scheduler and its waiting job. Harmless when there is none. */
  remove(schedule: PlacedSchedule): Promise<void>;
  /** Due time of each schedule's next job, unix ms; null when it has no scheduler. One round trip. */
  nextRuns(schedules: readonly PlacedSchedule[]): Promise<(number | null)[]>;
  /** The job schedulers in the lanes of these schedules. */
  inspectThoseOf(schedules: readonly PlacedSchedule[]): Promise<SchedulerSight[]>;
  /** The job schedulers in these lanes. */
  inspectLanes(lanes: readonly string[]): Promise<SchedulerSight[]>;
}

/** Creates job schedulers over the connection of the queues. */
export function createLaneSchedulers(
  client: RedisClient,
  keys: FleetKeys,
  queues: Pick<LaneQueues, 'queue'>,
): LaneSchedulers {
  async function nextRun(schedule: PlacedSchedule): Promise<number | null> {
    // Read-only, through BullMQ's own key name: its API would also read the whole template.
    const score = await client.zscore(queues.queue(laneOf(schedule)).toKey('repeat'), schedulerIdOf(schedule.id));
    return score === null ? null : Number(score);
  }
  return {
    async make(row) {
      const lane = laneOf(row);
      // Register first, so that no scheduler is ever in a lane unknown to the workers.
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
      // BullMQ removes the next job with its scheduler only while the job is delayed, not once it is due.
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
