import { setTimeout as pause } from 'node:timers/promises';
import type { LaneIntake } from '@sluice/fleet/queue/run/laneIntake';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { FleetBucket } from '@sluice/fleet/redis/commands/fleetTable';
import { readBuckets } from '@sluice/fleet/redis/commands/fleetTable';
import type { Membership, RunnableTasks } from '@sluice/fleet/redis/commands/heartbeat';
import { heartbeat } from '@sluice/fleet/redis/commands/heartbeat';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { ServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { PlacedTenant } from '../domain/placeTenants.js';
import { placeTenants } from '../domain/placeTenants.js';
import type { SlotHolder } from './slotHolder.js';

/** Heartbeat interval of a worker process, in ms. */
const HEARTBEAT_EVERY_MS = 1_000;

/** How long a slot stays with one pool of workers when a tenant has fewer slots than its lanes need pools, in ms. */
const SLICE_MS = 5_000;

/** Prefix of the message that a leaving process publishes. */
const GOODBYE = 'goodbye ';

/** Timeout for deregistering, in ms. */
const GOODBYE_MS = 1_000;

/**
 * Limits placement's share of the process's time under constant changes: it pauses this many times as long as it took.
 */
const REST_FACTOR = 5;

/** Sends this process's heartbeats and assigns it its share of the work. */
export interface PlacementLoop extends PeriodicService {
  /** Handles a message of the change channel: changed buckets, or a process that deregistered. */
  heard(message: string): void;
  /** Notes that a read has seen this version of a bucket. */
  sawVersion(bucket: number, version: string): void;
}

/** Dependencies of the placement loop. */
export interface PlacementParts {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly workerId: string;
  /** Jobs that this process runs at a time. */
  readonly concurrency: number;
  /** Tasks that this process has handlers for, by queue class. */
  readonly tasks: RunnableTasks;
  readonly heartbeatLastsMs: number;
  readonly slots: Pick<SlotHolder, 'follow' | 'leave'>;
  readonly intake: Pick<LaneIntake, 'follow' | 'setWeight'>;
  /** Learns Redis's time from every heartbeat; while this machine's clock is off, no jobs are taken. */
  readonly clock: Pick<ServerClock, 'note' | 'isOff'>;
  /** Called after every heartbeat, for metrics. */
  readonly onBeat: () => void;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * Sends a heartbeat every second, and immediately on a change notification. Its reply lists the live workers and the
 * changed buckets; those are read, and this process follows its share of them. While its clock is off it deregisters
 * instead and follows nothing. While Redis is unavailable nothing changes. Stopping deregisters and notifies the
 * others, so that they take over at once.
 */
export function createPlacementLoop(parts: PlacementParts): PlacementLoop {
  const { client, keys, workerId, log } = parts;
  const table = new Map<number, FleetBucket>();
  let announced: ReadonlyMap<number, string> = new Map();
  const stale = new Set<number>(BUCKETS);
  let members: ReadonlyMap<string, Member> = new Map();
  /** Time slice of the placement in effect; null when the placement is the same in every slice. */
  let followedSlice: number | null = null;
  /** Processes that were missing at the last heartbeat without having deregistered. */
  let missing: ReadonlySet<string> = new Set();
  const left = new Set<string>();
  let restUntilMs = 0;
  /** Set while this process takes no jobs: the others must not wait for it. */
  let abstains = false;

  async function step(signal: AbortSignal): Promise<void> {
    const membership = await beat(parts.clock.isOff() ? 0 : parts.heartbeatLastsMs);
    parts.onBeat();
    if (parts.clock.isOff()) return abstain();
    abstains = false;
    for (const [bucket, version] of membership.versions) if (announced.get(bucket) !== version) stale.add(bucket);
    if (signal.aborted || isDoubtful(membership) || !isOutdated(membership)) return;
    await takeIn(membership, signal);
  }

  function isOutdated(membership: Membership): boolean {
    const hasTurned = followedSlice !== null && followedSlice !== sliceOf(membership);
    return stale.size > 0 || hasTurned || !isSame(membersOf(membership), members);
  }

  async function takeIn(membership: Membership, signal: AbortSignal): Promise<void> {
    const restMs = restUntilMs - parts.monotonicMs();
    if (restMs > 0) await pause(Math.min(restMs, HEARTBEAT_EVERY_MS));
    const changed = await readBuckets(client, keys, stale);
    if (signal.aborted) return;
    const startedMs = parts.monotonicMs();
    for (const bucket of changed) {
      stale.delete(bucket.bucket);
      table.set(bucket.bucket, bucket);
      followWeights(bucket);
    }
    announced = membership.versions;
    members = membersOf(membership);
    follow(membership);
    const endedMs = parts.monotonicMs();
    restUntilMs = endedMs + REST_FACTOR * (endedMs - startedMs);
  }

  /**
   * A process that is missing for the first time may only be late: after Redis was unavailable or emptied, the first to
   * send a heartbeat sees only itself. One more heartbeat decides; a process that deregistered is not waited for.
   */
  function isDoubtful({ capacities }: Membership): boolean {
    const gone = [...members.keys()].filter((id) => !capacities.has(id) && !left.has(id));
    const isNew = gone.some((id) => !missing.has(id));
    missing = new Set(gone);
    for (const id of [...left]) if (!members.has(id) && !capacities.has(id)) left.delete(id);
    return isNew;
  }

  /** Hands its work over to the others; running jobs continue. Heartbeats that deregister still return the time. */
  async function abstain(): Promise<void> {
    members = new Map();
    parts.slots.follow(new Map(), () => false);
    parts.intake.follow(new Set());
    if (abstains) return;
    await sayGoodbye();
    abstains = true;
  }

  function followWeights({ lanes, weights }: FleetBucket): void {
    for (const tenant of new Set(lanes.map(tenantOfLane))) parts.intake.setWeight(tenant, weights.get(tenant) ?? 1);
  }

  function follow(membership: Membership): void {
    const lanes = [...table.values()].flatMap((bucket) => bucket.lanes).filter(isRun);
    const tenants = tenantsOf(table.values());
    const slice = sliceOf(membership);
    const { slots, knownClasses, rotates } = placeTenants(tenants, members, slice);
    followedSlice = rotates ? slice : null;
    const placed = slots.get(workerId) ?? new Map<string, readonly number[]>();
    parts.slots.follow(placed, (tenant) => placed.get(tenant)?.length === tenants.get(tenant)?.slots);
    // A lane whose tasks no worker runs is opened as well: its jobs are put back, and dead-lettered when their patience
    // ends.
    const mayRun = (name: string): boolean => parts.tasks.has(name) || !knownClasses.has(name);
    parts.intake.follow(new Set(lanes.filter((lane) => placed.has(tenantOfLane(lane)) && mayRun(classOfLane(lane)))));
  }

  async function beat(lastsMs: number): Promise<Membership> {
    const askedMs = parts.monotonicMs();
    const membership = await heartbeat(client, keys, {
      id: workerId,
      lastsMs,
      capacity: parts.concurrency,
      tasks: parts.tasks,
    });
    parts.clock.note({ askedMs, serverMs: membership.serverMs });
    return membership;
  }

  async function sayGoodbye(): Promise<void> {
    await beat(0);
    await client.publish(keys.changedChannel, `${GOODBYE}${workerId}`);
  }

  const loop = runEvery('placement', HEARTBEAT_EVERY_MS, step, log);
  return {
    ...loop,
    async stop(deadline) {
      parts.slots.leave();
      await deregistered(loop.stop(deadline).then(sayGoodbye), log);
    },
    heard(message) {
      if (message.startsWith(GOODBYE)) left.add(message.slice(GOODBYE.length));
      loop.hurry();
    },
    sawVersion(bucket, version) {
      if (table.get(bucket)?.version === version) return;
      stale.add(bucket);
      loop.hurry();
    },
  };
}

/** The grace period is for running jobs: an unavailable Redis gets little of it. */
async function deregistered(gone: Promise<void>, log: Log): Promise<void> {
  await within(GOODBYE_MS, gone, () => new Error('Redis did not answer')).catch((err: unknown) =>
    log.warn(
      { component: 'placement', event: 'worker_not_deregistered', err },
      'failed to deregister worker: its heartbeat will expire',
    ),
  );
}

interface Member {
  readonly capacity: number;
  readonly classes: ReadonlySet<string>;
}

function membersOf({ capacities, tasks }: Membership): ReadonlyMap<string, Member> {
  return new Map(
    Array.from(capacities, ([id, capacity]) => [id, { capacity, classes: new Set(tasks.get(id)?.keys()) }]),
  );
}

function isSame(one: ReadonlyMap<string, Member>, other: ReadonlyMap<string, Member>): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([id, { capacity, classes }]) => {
    const before = other.get(id);
    return before?.capacity === capacity && sameSet(before.classes, classes);
  });
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name));
}

function sliceOf({ serverMs }: Membership): number {
  return Math.floor(serverMs / SLICE_MS);
}

function tenantsOf(buckets: Iterable<FleetBucket>): ReadonlyMap<string, PlacedTenant> {
  const tenants = new Map<string, { readonly slots: number; readonly classes: Set<string> }>();
  for (const { lanes, desired } of buckets)
    for (const lane of lanes.filter(isRun)) {
      const id = tenantOfLane(lane);
      const tenant = tenants.get(id) ?? { slots: desired.get(id) ?? FLOOR_SLOTS, classes: new Set() };
      tenant.classes.add(classOfLane(lane));
      tenants.set(id, tenant);
    }
  return tenants;
}

function isRun(lane: string): boolean {
  return classOfLane(lane) !== DEAD_LETTER_CLASS;
}
