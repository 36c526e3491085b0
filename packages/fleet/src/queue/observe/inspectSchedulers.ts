import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import { SCHEDULER_PREFIX, scheduleOfScheduler } from '@sluice/shared/domain/schedule';
import { QueueKeys } from 'bullmq';
import { z } from 'zod';
import type { RedisClient } from '../../redis/client.js';
import { groupByBucket } from '../../redis/commands/groupByBucket.js';
import { defineLua } from '../../redis/defineLua.js';
import type { FleetKeys } from '../../redis/keys.js';

const script = defineLua('inspectSchedulers');
const reply = z.array(z.tuple([z.int().nonnegative(), z.string(), z.union([z.literal(0), z.literal(1)])]));

/** Lanes per call: more would block Redis for too long. */
const LANES_PER_CALL = 250;

/** A schedule's job scheduler as found in Redis. */
export interface SchedulerSight {
  /** Id of the schedule. */
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  /** Whether its next job exists; without it, no further job is ever created. */
  readonly goesOn: boolean;
}

/** Reads Sluice's job schedulers in these lanes, with few calls per bucket. Read-only. */
export async function inspectSchedulers(
  client: RedisClient,
  keys: FleetKeys,
  lanes: readonly string[],
): Promise<SchedulerSight[]> {
  const calls: Promise<SchedulerSight[]>[] = [];
  for (const ofBucket of groupByBucket(lanes, tenantOfLane).values()) {
    for (let from = 0; from < ofBucket.length; from += LANES_PER_CALL) {
      calls.push(lookAtSome(client, keys, ofBucket.slice(from, from + LANES_PER_CALL)));
    }
  }
  return (await Promise.all(calls)).flat();
}

async function lookAtSome(client: RedisClient, keys: FleetKeys, lanes: readonly string[]): Promise<SchedulerSight[]> {
  const zsets = lanes.map((lane) => new QueueKeys(keys.queuePrefix(tenantOfLane(lane))).toKey(lane, 'repeat'));
  const found = reply.parse(await script.run(client, zsets, [SCHEDULER_PREFIX]));
  return found.flatMap(([index, schedulerId, held]) => {
    const id = scheduleOfScheduler(schedulerId);
    const lane = lanes[index];
    if (id === null || lane === undefined) return [];
    return [{ id, tenantId: tenantOfLane(lane), queueClass: classOfLane(lane), goesOn: held === 1 }];
  });
}
