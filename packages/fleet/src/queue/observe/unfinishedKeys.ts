import { tenantOfLane } from '@sluice/shared/domain/lane';
import { QueueKeys } from 'bullmq';
import type { FleetKeys } from '../../redis/keys.js';

/** BullMQ's kinds of keys that hold unfinished jobs, or schedulers that will create some. */
const UNFINISHED = ['wait', 'paused', 'prioritized', 'active', 'delayed', 'waiting-children', 'repeat'];

/** BullMQ's keys of a lane's unfinished work; none of them exists when there is none. */
export function unfinishedKeys(keys: FleetKeys, lane: string): string[] {
  const names = new QueueKeys(keys.queuePrefix(tenantOfLane(lane)));
  return UNFINISHED.map((type) => names.toKey(lane, type));
}
