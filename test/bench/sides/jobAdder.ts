import type { LaneJob } from '@sluice/fleet/queue/add/jobOptions';
import { toBullJob } from '@sluice/fleet/queue/add/jobOptions';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { standingPriority } from '@sluice/shared/domain/priority';
import { newId } from '@sluice/shared/ids/ids';
import type { JobsOptions } from 'bullmq';
import { Queue } from 'bullmq';
import { MAX_ATTEMPTS, TASK } from './fillLane.js';
import { laneOfNumber } from './fleetNames.js';

/** Jobs of one tenant that are added together. */
export interface TenantJobs {
  readonly tenant: number;
  readonly data: object;
  readonly jobs: number;
}

/** Adds jobs: each tenant's in one bulk add, those of several tenants at once. */
export type JobAdder = (batch: readonly TenantJobs[]) => Promise<void>;

/**
 * How jobs are added. `lanes`: by the producer's own code, which registers lanes. `plain`: by a plain BullMQ Queue, with a
 * name and data alone. `same`: by a plain Queue, in the form that the producer gives a job.
 */
export type AddForm = 'lanes' | 'plain' | 'same';

/** Makes an adder over one connection. */
export function createJobAdder(form: AddForm, client: RedisClient, keys: FleetKeys): JobAdder {
  if (form === 'lanes') {
    const queues = createLaneQueues(client, keys);
    return async (batch) => {
      await queues.add(
        batch.flatMap(({ tenant, data, jobs }) =>
          Array.from({ length: jobs }, () => ({ lane: laneOfNumber(tenant), job: laneJob(data) })),
        ),
      );
    };
  }
  const open = new Map<number, Queue>();
  const queueOf = (tenant: number): Queue => {
    const queue = open.get(tenant) ?? openQueue(laneOfNumber(tenant), client, keys);
    open.set(tenant, queue);
    return queue;
  };
  return async (batch) => {
    await Promise.all(
      batch.map(({ tenant, data, jobs }) =>
        queueOf(tenant).addBulk(Array.from({ length: jobs }, () => bullJob(form, data))),
      ),
    );
  };
}

function openQueue(lane: Lane, connection: RedisClient, keys: FleetKeys): Queue {
  const queue = new Queue(laneName(lane), { connection, prefix: keys.queuePrefix(lane.tenantId) });
  queue.on('error', (error) => console.error(`bare BullMQ: ${error.message}`));
  return queue;
}

function bullJob(form: 'plain' | 'same', data: object): { name: string; data: unknown; opts?: JobsOptions } {
  return form === 'same' ? toBullJob(laneJob(data), Date.now()) : { name: TASK, data };
}

function laneJob(data: object): LaneJob {
  return {
    id: newId(),
    task: TASK,
    data,
    queuePriority: standingPriority('member', 50),
    maxAttempts: MAX_ATTEMPTS,
    delayMs: 0,
  };
}
