import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { ReplicaPast, ReplicaPolicy } from '../domain/replicas.js';
import { decideReplicas, NO_REPLICA_PAST, takeOverReplicas } from '../domain/replicas.js';
import type { LeaderElection, Leadership } from '../lead/leaderElection.js';
import { createReplicaFollower } from './driveReplicas.js';
import type { LoadBook } from './loadBook.js';
import type { ReplicaDriver } from './replicaDriver.js';

/**
 * Interval of deciding the number of processes, in ms. Each decision costs one small Redis query, and rarely a platform
 * call.
 */
const DECIDE_EVERY_MS = 1_000;

/** Options of the replica loop. */
export interface ReplicaLoopOptions {
  readonly load: Pick<LoadBook, 'known'>;
  readonly lead: Pick<LeaderElection, 'current'>;
  /** Returns the concurrency of each live worker process. */
  readonly capacities: () => Promise<readonly number[]>;
  readonly policy: ReplicaPolicy;
  /** Null: the number is only published as a metric. */
  readonly driver: ReplicaDriver | null;
  /** A load older than this is not acted upon, in ms. */
  readonly staleAfterMs: number;
  readonly metrics: { readonly replicasDesired: { set(replicas: number): void; remove(): void } };
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * While this process leads, decides the number of worker processes, publishes it, and makes the driver follow it. A
 * separate loop, so that a slow or unavailable platform never delays tenants' slots. A process that does not lead, or
 * does not know, publishes nothing: a 0 would be taken for a desired number.
 */
export function createReplicaLoop(options: ReplicaLoopOptions): Service {
  const { driver, monotonicMs, metrics, log, policy } = options;
  const follower = driver === null ? null : createReplicaFollower(driver, monotonicMs, log);
  let past: ReplicaPast = NO_REPLICA_PAST;
  let decidedUnder: number | null = null;
  metrics.replicasDesired.remove();

  /** Queries the platform as well: an emptied Redis has lost the heartbeats. */
  async function takeOver(live: number): Promise<void> {
    const platform = await driver?.read().catch(() => null);
    past = takeOverReplicas(past, Math.max(live, platform?.wanted ?? 0), monotonicMs(), policy);
  }

  async function decide(leadership: Leadership): Promise<number | null> {
    const { fence } = leadership;
    const load = options.load.known(fence);
    const isStale = load === null || monotonicMs() - load.seenAllMs > options.staleAfterMs;
    if (isStale) return decidedUnder === fence ? past.replicas : null;
    const capacities = await options.capacities();
    if (decidedUnder !== fence) await takeOver(capacities.length);
    if (!leadership.holds()) return null;
    const next = decideReplicas({ runnable: load.runnable, capacities, atMs: monotonicMs() }, past, policy);
    past = next.past;
    decidedUnder = fence;
    const { kind, replicas, reason } = next.decision;
    metrics.replicasDesired.set(replicas);
    if (kind !== 'hold')
      log.info(
        { component: 'replicas', event: 'desired_replicas_changed', replicas, from: next.decision.from, reason },
        'desired worker replicas changed',
      );
    return replicas;
  }

  const loop = runEvery(
    'replicas',
    DECIDE_EVERY_MS,
    async (signal) => {
      const leadership = options.lead.current();
      if (leadership?.fence !== decidedUnder) metrics.replicasDesired.remove();
      if (leadership === null) return;
      const replicas = await decide(leadership);
      if (replicas !== null) await follower?.follow(replicas, () => !signal.aborted && leadership.holds());
    },
    log,
  );

  return {
    name: loop.name,
    start: loop.start,
    async stop(deadline) {
      // The driver stops first: a call in flight must not delay the end of the loop.
      const stopped = driver?.stop();
      await loop.stop(deadline);
      await stopped;
    },
  };
}
