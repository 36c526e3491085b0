import { tenantOfLane } from '@sluice/shared/domain/lane';
import { QueueKeys } from 'bullmq';
import type { LaneKeys } from '../redis/commands/inspectLanes.js';
import type { FleetKeys } from '../redis/keys.js';

/** BullMQ's keys for inspecting a lane. */
export function laneKeysOf(keys: FleetKeys, lane: string): LaneKeys {
  const { marker, wait, prioritized, delayed, active } = new QueueKeys(keys.queuePrefix(tenantOfLane(lane))).getKeys(
    lane,
  );
  return { marker, wait, prioritized, delayed, active } as LaneKeys;
}
