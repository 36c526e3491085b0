import { BUCKET_COUNT, bucketOf } from '../domain/lane.js';

/**
 * Every key and channel of ours in Redis; BullMQ's own keys are made by BullMQ alone. What stands in braces is the
 * hash tag of Redis Cluster, so that all keys of a bucket live on one node. Queue names hold a dot and ours do not,
 * so they never meet.
 */
export interface FleetKeys {
  /** BullMQ's prefix for the lanes of a tenant, such as `{sluice:17}`. */
  queuePrefix(tenantId: string): string;
  /** SET of the names of the bucket's lanes. */
  lanes(bucket: number): string;
  /** HASH tenant -> slots that it shall have. */
  desiredSlots(bucket: number): string;
  /** HASH lane -> how long its jobs take, in ms. */
  serviceTimes(bucket: number): string;
  /** ZSET worker process -> when its heartbeat ends, unix ms of the server's clock. */
  readonly workers: string;
  /** Counter that grows when lanes or desired slots change. */
  readonly version: string;
  /** HASH of the leading scaler: holder and fence; expires with its lease. */
  readonly leader: string;
  /** Counter of leaderships, the fence. */
  readonly leaderFence: string;
  /** Channel that tells which lanes were added to, as names joined by a space. A hint, not a promise. */
  readonly touchedChannel: string;
  /** Channel that tells worker processes to look at lanes and slots. */
  readonly changedChannel: string;
  /** Channel that names jobs to be cancelled while they run. */
  readonly cancelChannel: string;
}

/** The keys of a fleet. */
export function fleetKeys(prefix: string): FleetKeys {
  const bucket = (number: number): string => `{${prefix}:${number}}`;
  const fleet = `{${prefix}:fleet}`;
  return {
    queuePrefix: (tenantId) => bucket(bucketOf(tenantId)),
    lanes: (number) => `${bucket(number)}:lanes`,
    desiredSlots: (number) => `${bucket(number)}:desired`,
    serviceTimes: (number) => `${bucket(number)}:service`,
    workers: `${fleet}:workers`,
    version: `${fleet}:version`,
    leader: `${fleet}:leader`,
    leaderFence: `${fleet}:leader-fence`,
    touchedChannel: `${prefix}:touched`,
    changedChannel: `${prefix}:changed`,
    cancelChannel: `${prefix}:cancel`,
  };
}

/** The number of every bucket. */
export const BUCKETS: readonly number[] = Array.from({ length: BUCKET_COUNT }, (_, number) => number);
