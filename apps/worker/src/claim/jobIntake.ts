import { createLaneIntake } from '@sluice/fleet/queue/run/laneIntake';
import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { RunnableTasks } from '@sluice/fleet/redis/commands/heartbeat';
import { holdSlots } from '@sluice/fleet/redis/commands/holdSlots';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { newId } from '@sluice/shared/ids/ids';
import type { ServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { PlacementLoop } from './placementLoop.js';
import { createPlacementLoop } from './placementLoop.js';
import { SlotHolder } from './slotHolder.js';

/** Options of the job intake. */
export interface JobIntakeOptions {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly workerId: string;
  /** Jobs that this process runs at a time. */
  readonly concurrency: number;
  /** Tasks that this process has handlers for, by queue class. */
  readonly tasks: RunnableTasks;
  /** Jobs that one slot of a tenant runs at a time. */
  readonly slotConcurrency: number;
  readonly slotLeaseMs: number;
  readonly heartbeatLastsMs: number;
  /** How long a job stays locked without renewal, in ms. */
  readonly lockMs: number;
  /** How often every lane is swept for lost locks and for work without a marker, in ms. */
  readonly sweepMs: number;
  /** Additional listeners, by channel. */
  readonly listeners: Readonly<Record<string, (message: string) => void>>;
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  /** Called every second with the numbers of open lanes and held slots, for metrics. */
  readonly onBeat: (size: { readonly lanes: number; readonly slots: number }) => void;
  /** Redis's time, and whether this machine's clock is off. */
  readonly clock: ServerClock;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** The services that take in jobs, in start order. */
export interface JobIntake {
  readonly services: readonly Service[];
  /** Takes no more jobs; resolves when all running ones have ended. */
  drain(): Promise<void>;
  /** Requests the server's time immediately: a job arrived early. */
  checkClock(): void;
}

/** Connects placement, slots and lanes: who runs what, in which slots, from which lanes. */
export function createJobIntake(options: JobIntakeOptions): JobIntake {
  const { client, keys, log } = options;
  const slots = new SlotHolder({
    // Two processes may share a name, such as a new one and its partitioned predecessor: each holds its own leases.
    workerId: `${options.workerId} ${newId()}`,
    leaseMs: options.slotLeaseMs,
    slotConcurrency: options.slotConcurrency,
    hold: (request) => holdSlots(client, keys, request),
    room: (tenantId) => intake.capacityFreed(tenantId),
    refused: (tenantId) => intake.refused(tenantId),
    now: options.now,
    monotonicMs: options.monotonicMs,
    log,
  });
  const intake = createLaneIntake({
    ...options,
    serverNow: options.clock.now,
    capacity: slots,
    findsStalled: (tenantId) => slots.mostJobs(tenantId) > 0,
    version: (bucket, version) => placement.sawVersion(bucket, version),
  });
  const placement: PlacementLoop = createPlacementLoop({
    ...options,
    slots,
    intake,
    onBeat: () => options.onBeat({ lanes: intake.size(), slots: slots.size() }),
  });
  const subscriber = createSubscriber(client, {
    ...options.listeners,
    [keys.changedChannel]: (message) => placement.heard(message),
    [keys.wokenChannel]: (message) => intake.heard(message),
  });
  return {
    services: [slots, intake, subscriber, placement],
    drain: () => intake.close(),
    checkClock: () => placement.hurry(),
  };
}
