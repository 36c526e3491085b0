import { BUCKET_COUNT, bucketOf } from '@sluice/shared/domain/lane';

/**
 * Every key and channel of ours in Redis; BullMQ's own keys are made by BullMQ alone. What stands in braces is the
 * hash tag of Redis Cluster, so that all keys of a bucket live on one node. Queue names hold a dot and ours do not,
 * so they never meet.
 */
export interface FleetKeys {
  /** BullMQ's prefix for the lanes of a tenant, such as `{sluice:17}`. */
  queuePrefix(tenantId: string): string;
  /** The same for the lanes of a bucket. */
  bucketPrefix(bucket: number): string;
  /** ZSET of the bucket's lanes by when they were last added to, unix ms of the server's clock. */
  registry(bucket: number): string;
  /** HASH lane -> jobs added to it, ever. */
  arrivals(bucket: number): string;
  /** HASH tenant -> slots that it shall have. */
  desiredSlots(bucket: number): string;
  /** HASH tenant -> its share of a process's turns; a tenant of weight 1 has no field. */
  weights(bucket: number): string;
  /** HASH lane -> how long its jobs take, in ms. */
  serviceTimes(bucket: number): string;
  /** HASH of leased slots, `tenant:number` -> `end of the lease (unix ms, server's clock) holder`. */
  slots(bucket: number): string;
  /** STREAM of what happens to the bucket's jobs, for those who listen. */
  feed(bucket: number): string;
  /** HASH: how much a user of a tenant has submitted of late. */
  use(bucket: number, tenantId: string, user: string): string;
  /** HASH of the calls that a tenant made of an upstream, by parts of the quota's window. */
  quotaRing(tenantId: string, upstream: string): string;
  /** ZSET of a tenant's calls of an upstream that are under way -> when the lease of each ends, unix ms. */
  quotaCalls(tenantId: string, upstream: string): string;
  /** HASH of a tenant's circuit of an upstream; gone while it is closed and nothing failed of late. */
  circuit(tenantId: string, upstream: string): string;
  /** ZSET that ends a worker process's wait for the markers of a bucket. */
  nudge(bucket: number, workerId: string): string;
  /** What the ids of a request with an `Idempotency-Key` come from; expires after a day. */
  requestSeed(tenantId: string, digest: string): string;
  /** Changes when the bucket's lanes, desired slots or weights do. */
  version(bucket: number): string;
  /** Highest fence of a leader that wrote desired slots here. */
  desiredFence(bucket: number): string;
  /** The bucket's mark: gone when the bucket lost its data. The ledger holds a copy. */
  epoch(bucket: number): string;
  /** ZSET worker process -> when its heartbeat ends, unix ms of the server's clock. */
  readonly workers: string;
  /** HASH worker process -> jobs that it runs at a time. */
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
  /** SET of run ids of the servers that were compared with the ledger since they started. */
  readonly comparedServers: string;
  /** Tenants that metrics name, joined by a space. */
  readonly shownTenants: string;
  /** Name of the last pass over all priorities that was finished. */
  readonly scoringPass: string;
  /** Channel that tells which lanes were added to, as names joined by a space. A hint, not a promise. */
  readonly touchedChannel: string;
  /** Channel of buckets that changed, as numbers joined by a space, and of worker processes that leave. Hints, not promises. */
  readonly changedChannel: string;
  /** Channel that names a lane whose work a process knows of and cannot do, then that process. A hint, not a promise. */
  readonly wokenChannel: string;
  /** Channel that names jobs to be cancelled while they run. */
  readonly cancelChannel: string;
}

/** The keys of a fleet. */
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

/** The number of every bucket. */
export const BUCKETS: readonly number[] = Array.from({ length: BUCKET_COUNT }, (_, number) => number);
