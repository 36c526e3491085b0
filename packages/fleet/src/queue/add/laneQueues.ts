import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName, tenantOfLane } from '@sluice/shared/domain/lane';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import { Queue } from 'bullmq';
import type { RedisClient } from '../../redis/client.js';
import { placesInLane } from '../../redis/commands/placesInLane.js';
import type { UsedLane } from '../../redis/commands/registerLanes.js';
import type { FleetKeys } from '../../redis/keys.js';
import { createLaneBackends } from '../run/laneBackends.js';
import { createRecentlyUsed } from '../run/recentlyUsed.js';
import type { LanedJob } from './jobOptions.js';
import { toBullJob } from './jobOptions.js';
import { pausedForMs, pauseLane, resumeLane } from './lanePause.js';
import { createLaneRegistrar } from './laneRegistrar.js';

/** Number of jobs in a lane, by state. */
export interface LaneCounts {
  /** Due and not running. */
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

/** A dead job's note in its tenant's dead-letter queue. The payload stays in the ledger. */
export interface DeadLetterNote {
  readonly jobId: string;
  readonly task: string;
  readonly category: string;
  readonly error: JobError;
  readonly attempts: number;
}

/** Outcome of an add. */
export type Added =
  | { readonly kind: 'added' }
  /** An unfinished job of the lane has the same `dedupeKey`, so BullMQ ignored this one. */
  | { readonly kind: 'deduplicated'; readonly by: string };

const ADDED: Added = { kind: 'added' };

/** The lanes of all tenants, over one shared connection. */
export interface LaneQueues {
  /**
   * Adds each job to its lane and registers the lanes; returns the outcomes in order. All adds leave in one write per
   * node, and each lane receives its jobs in order. BullMQ's `addBulk` would use a transaction per lane: nothing
   * depends on that, and it costs client and server more.
   */
  add(jobs: readonly LanedJob[]): Promise<readonly Added[]>;
  /**
   * The same for one job. It shares its write with everything sent in the same event-loop turn but awaits only its own
   * reply.
   */
  addOne(job: LanedJob): Promise<Added>;
  /** Removes a job from its lane unless it is running; true when it was there. */
  remove(lane: Lane, id: string): Promise<boolean>;
  /** Place of a waiting job, 1 for the next; null when it is not waiting there. O(log n). */
  position(lane: Lane, id: string): Promise<number | null>;
  /** Places of many jobs of a lane, in the order of the ids. */
  positions(lane: Lane, ids: readonly string[]): Promise<(number | null)[]>;
  counts(lane: Lane): Promise<LaneCounts>;
  progress(lane: Lane, id: string): Promise<unknown>;
  /** Pauses a lane on every process for `forMs`, in ms; a longer existing pause is kept. */
  pauseLane(lane: Lane, forMs: number): Promise<void>;
  /** Remaining pause of a lane, in ms; 0 when it is not paused. */
  pausedForMs(lane: Lane): Promise<number>;
  /** Ends a pause and notifies the workers. */
  resumeLane(lane: Lane): Promise<void>;
  /** Adds a note to the tenant's dead-letter queue. Idempotent. */
  addDeadLetter(tenantId: string, note: DeadLetterNote): Promise<void>;
  /** Removes a job's note from the tenant's dead-letter queue. */
  removeDeadLetter(tenantId: string, jobId: string): Promise<void>;
  /** Deletes a lane's finished jobs and its events. Does not affect jobs added meanwhile. */
  sweepOut(lane: Lane): Promise<void>;
  /** Deletes a lane with all its contents. */
  obliterate(lane: Lane): Promise<void>;
  /** BullMQ's own queue, for a board. The caller must not close it. */
  queue(lane: Lane): Queue;
  /** Drops the queue object of a deleted lane. */
  forget(lane: Lane): void;
  close(): Promise<void>;
}

/** Maximum number of cached queue objects; an evicted one is created again on use. */
const KEPT = 10_000;

/** Maximum finished jobs deleted per lane and kind: a lane keeps about a hundred. */
const FINISHED_PER_LANE = 10_000;

/** Options of lane queues. */
export interface LaneQueuesOptions {
  /** Redis's time, unix ms; defaults to the local clock. */
  readonly serverNow?: () => number;
  /** Overrides the threshold of one second; for tests. */
  readonly registerAgainAfterMs?: number;
}

/** Creates the lane queues; each lane is opened on first use. */
export function createLaneQueues(
  client: RedisClient,
  keys: FleetKeys,
  { serverNow = systemClock.now, registerAgainAfterMs }: LaneQueuesOptions = {},
): LaneQueues {
  const options = { connection: client, skipVersionCheck: true, skipMetasUpdate: true };
  const backends = createLaneBackends(options, keys);
  const queues = createRecentlyUsed(KEPT, (name) => {
    const prefix = keys.queuePrefix(tenantOfLane(name));
    const queue = new Queue(name, { ...options, prefix }, () => backends.of(name));
    // The shared connection reports its errors once; here they would repeat for every lane.
    queue.on('error', () => undefined);
    return queue;
  });
  const registrar = createLaneRegistrar(client, keys, registerAgainAfterMs);
  const queueOf = (lane: Lane): Queue => queues.get(laneName(lane));

  // Read-only, through BullMQ's own key names: its API has no rank.
  function placesIn(lane: Lane, ids: readonly string[]): Promise<(number | null)[]> {
    const queue = queueOf(lane);
    return placesInLane(client, { wait: queue.toKey('wait'), prioritized: queue.toKey('prioritized') }, ids);
  }

  async function addToLane({ lane, job }: LanedJob): Promise<Added> {
    const { name, data, opts } = toBullJob(job, serverNow());
    const { id: by = job.id } = await queueOf(lane).add(name, data, opts);
    return by === job.id ? ADDED : { kind: 'deduplicated', by };
  }

  return {
    async add(jobs) {
      const adding = jobs.map(addToLane);
      await registrar.register(countByLane(jobs), adding);
      return Promise.all(adding);
    },
    addOne(job) {
      const adding = addToLane(job);
      const used = { tenantId: job.lane.tenantId, name: laneName(job.lane), jobs: 1 };
      return registrar.countKnown(used) ? adding : registrar.register([used], [adding]).then(() => adding);
    },
    async remove(lane, id) {
      return (await queueOf(lane).remove(id)) === 1;
    },
    async position(lane, id) {
      return (await placesIn(lane, [id]))[0] ?? null;
    },
    positions: placesIn,
    async counts(lane) {
      const {
        wait = 0,
        prioritized = 0,
        active = 0,
        delayed = 0,
      } = await queueOf(lane).getJobCounts('wait', 'prioritized', 'active', 'delayed');
      return { waiting: wait + prioritized, active, delayed };
    },
    async progress(lane, id) {
      return (await queueOf(lane).getJob(id))?.progress ?? null;
    },
    pauseLane: (lane, forMs) => pauseLane(queueOf(lane), forMs),
    pausedForMs: (lane) => pausedForMs(queueOf(lane)),
    async resumeLane(lane) {
      await resumeLane(queueOf(lane));
      await client.publish(keys.wokenChannel, laneName(lane));
    },
    async addDeadLetter(tenantId, note) {
      const lane: Lane = { tenantId, queueClass: DEAD_LETTER_CLASS };
      const added = queueOf(lane).add(note.task, note, { jobId: note.jobId });
      await registrar.register([{ tenantId, name: laneName(lane), jobs: 1 }], [added]);
    },
    async removeDeadLetter(tenantId, jobId) {
      await queueOf({ tenantId, queueClass: DEAD_LETTER_CLASS }).remove(jobId);
    },
    async sweepOut(lane) {
      const queue = queueOf(lane);
      await Promise.all([queue.clean(0, FINISHED_PER_LANE, 'completed'), queue.clean(0, FINISHED_PER_LANE, 'failed')]);
      await queue.trimEvents(0);
    },
    async obliterate(lane) {
      await queueOf(lane).obliterate({ force: true });
    },
    queue: queueOf,
    forget: (lane) => queues.forget(laneName(lane)),
    async close() {
      await registrar.close();
      queues.clear();
      await backends.close();
    },
  };
}

function countByLane(jobs: readonly LanedJob[]): UsedLane[] {
  const counts = new Map<string, number>();
  for (const { lane } of jobs) {
    const name = laneName(lane);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => ({ tenantId: tenantOfLane(name), name, jobs: count }));
}
