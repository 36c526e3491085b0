import { BUCKET_COUNT, bucketOf } from '@sluice/shared/domain/lane';

/**
 * Every Redis key and channel of Sluice; only BullMQ creates its own keys. The part in braces is the hash tag of Redis
 * Cluster, so that all keys of a bucket live on one node. Queue names contain a dot and Sluice's keys do not, so they
 * never collide.
 */
export interface FleetKeys {
  /** BullMQ's prefix for the lanes of a tenant, such as `{sluice:17}`. */
  queuePrefix(tenantId: string): string;
  /** The same for the lanes of a bucket. */
  bucketPrefix(bucket: number): string;
  /** ZSET lane -> time of its last add, unix ms of the server's clock. */
  registry(bucket: number): string;
  /** HASH lane -> jobs added to it in total. */
  arrivals(bucket: number): string;
  /** HASH tenant -> desired slots. */
  desiredSlots(bucket: number): string;
  /** HASH tenant -> its share of a process's scheduling turns; a tenant of weight 1 has no field. */
  weights(bucket: number): string;
  /** HASH lane -> service time of its jobs, in ms. */
  serviceTimes(bucket: number): string;
  /** HASH of leased slots, `tenant:number` -> `end of the lease (unix ms, server's clock) holder`. */
  slots(bucket: number): string;
  /** STREAM of the bucket's job events, for subscribers. */
  feed(bucket: number): string;
  /** HASH of how much a user of a tenant submitted recently. */
  use(bucket: number, tenantId: string, user: string): string;
  /** HASH of a tenant's calls to an upstream, by parts of the quota window. */
  quotaRing(tenantId: string, upstream: string): string;
  /** ZSET of a tenant's calls to an upstream in progress -> expiry of each call's lease, unix ms. */
  quotaCalls(tenantId: string, upstream: string): string;
  /** HASH of a tenant's circuit for an upstream; absent while it is closed and nothing failed recently. */
  circuit(tenantId: string, upstream: string): string;
  /** ZSET that ends a worker process's wait for the markers of a bucket. */
  nudge(bucket: number, workerId: string): string;
  /** Seed of the ids of a request with an `Idempotency-Key`; expires after a day. */
  requestSeed(tenantId: string, digest: string): string;
  /** Changes when the bucket's lanes, desired slots or weights do. */
  version(bucket: number): string;
  /** Highest fence of a leader that wrote desired slots here. */
  desiredFence(bucket: number): string;
  /** The bucket's Redis epoch: missing when the bucket lost its data. The ledger holds a copy. */
  epoch(bucket: number): string;
  /** ZSET worker process -> when its heartbeat expires, unix ms of the server's clock. */
  readonly workers: string;
  /** HASH worker process -> its maximum concurrent jobs. */
  readonly capacities: string;
  /** HASH worker process -> digest of the tasks that it runs. */
  readonly knownTasks: string;
  /** HASH digest -> the tasks, as JSON `{class: [task, ...]}`. */
  readonly taskLists: string;
  /** HASH bucket -> its version when it last changed; a hint that saves reading every bucket. */
  readonly versions: string;
  /** HASH of the leading scaler: holder and fence; expires with its lease. */
  readonly leader: string;
  /** Fence of the latest leadership, which only grows. */
  readonly leaderFence: string;
  /** SET of run ids of the servers compared with the ledger since they started. */
  readonly comparedServers: string;
  /** Tenants that appear as labels in metrics, separated by spaces. */
  readonly shownTenants: string;
  /** Name of the last completed pass over all priorities. */
  readonly scoringPass: string;
  /** Channel of lanes that received jobs, as names separated by spaces. A hint without guarantee. */
  readonly touchedChannel: string;
  /**
   * Channel of changed buckets, as numbers separated by spaces, and of departing worker processes. Hints without
   * guarantee.
   */
  readonly changedChannel: string;
  /**
   * Channel of lanes with work that the sending process cannot run: lane name, then process id. A hint without
   * guarantee.
   */
  readonly wokenChannel: string;
  /** Channel of running jobs to cancel. */
  readonly cancelChannel: string;
}

/** Creates the keys of a fleet. */
export function fleetKeys(prefix: string): FleetKeys {
  const bucket = (number: number): string => `{${prefix}:${number}}`;
  const fleet = `{${prefix}:fleet}`;
  return {
    queuePrefix: (tenantId) => bucket(bucketOf(tenantId)),
    bucketPrefix: bucket,
    registry: (number) => `${bucket(number)}:registry`,
    arrivals: (number) => `${bucket(number)}:arrivals`,
    desiredSlots: (number) => `${bucket(number)}:desired`,
    weights: (number) => `${bucket(number)}:weights`,
    serviceTimes: (number) => `${bucket(number)}:service`,
    slots: (number) => `${bucket(number)}:slots`,
    feed: (number) => `${bucket(number)}:feed`,
    use: (number, tenantId, user) => `${bucket(number)}:use:${tenantId}:${user}`,
    quotaRing: (tenantId, upstream) => `${bucket(bucketOf(tenantId))}:quota:${tenantId}:${upstream}`,
    quotaCalls: (tenantId, upstream) => `${bucket(bucketOf(tenantId))}:calls:${tenantId}:${upstream}`,
    circuit: (tenantId, upstream) => `${bucket(bucketOf(tenantId))}:circuit:${tenantId}:${upstream}`,
    nudge: (number, workerId) => `${bucket(number)}:nudge:${workerId}`,
    requestSeed: (tenantId, digest) => `${bucket(bucketOf(tenantId))}:seed:${digest}`,
    version: (number) => `${bucket(number)}:version`,
    desiredFence: (number) => `${bucket(number)}:desired-fence`,
    epoch: (number) => `${bucket(number)}:epoch`,
    workers: `${fleet}:workers`,
    capacities: `${fleet}:capacities`,
    knownTasks: `${fleet}:known-tasks`,
    taskLists: `${fleet}:task-lists`,
    versions: `${fleet}:versions`,
    leader: `${fleet}:leader`,
    leaderFence: `${fleet}:leader-fence`,
    comparedServers: `${fleet}:compared-servers`,
    shownTenants: `${fleet}:shown-tenants`,
    scoringPass: `${fleet}:scoring-pass`,
    touchedChannel: `${prefix}:touched`,
    changedChannel: `${prefix}:changed`,
    wokenChannel: `${prefix}:woken`,
    cancelChannel: `${prefix}:cancel`,
  };
}

/** All bucket numbers. */
export const BUCKETS: readonly number[] = Array.from({ length: BUCKET_COUNT }, (_, number) => number);
