import type { DEAD_LETTER_CLASS, QueueClass } from '../contracts/queueClass.js';
import { hash32 } from './hash.js';

/** Lanes are spread over this many buckets; a bucket is one Redis Cluster hash tag. Never change it on live data. */
export const BUCKET_COUNT = 64;

/** One tenant's one queue class, which is one BullMQ queue. */
export interface Lane {
  readonly tenantId: string;
  readonly queueClass: QueueClass | typeof DEAD_LETTER_CLASS;
}

/** The bucket, 0..63, that holds all of a tenant's data. */
export function bucketOf(tenantId: string): number {
  return hash32(tenantId) % BUCKET_COUNT;
}

/** A lane's queue name, such as `acme.notifications`. Tenant ids contain no dot, so the name can be parsed. */
export function laneName(lane: Lane): string {
  return `${lane.tenantId}.${lane.queueClass}`;
}

/** The tenant in a lane's name. */
export function tenantOfLane(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

/** The queue class in a lane's name. */
export function classOfLane(name: string): Lane['queueClass'] {
  return name.slice(name.indexOf('.') + 1) as Lane['queueClass'];
}
