import { setTimeout as pause } from 'node:timers/promises';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';

/** Interval between requests for leadership, in ms. With a lease of 9 s a dead leader is replaced within 10 s. */
const ASK_EVERY_MS = 1_000;

/** Safety margin at the end of the lease, in ms: writes begun while leading may take this long to arrive. */
const SAFETY_MS = 1_000;

/** Time limit of releasing leadership when the process stops, in ms. */
const RELEASE_MS = 1_000;

/** The right to act while `holds()`. Check before every write: a pass can outlast the lease. */
export interface Leadership {
  /** Fencing token of this leadership; only grows, over all scalers. */
  readonly fence: number;
  /** Whether this process still leads, under this fence. */
  holds(): boolean;
}

/** Keeps campaigning for leadership. */
export interface LeaderElection extends PeriodicService {
  /** The leadership of this process; null when another process leads, or it is unknown who does. */
  current(): Leadership | null;
}

/** Options of a leader election. */
export interface LeaderElectionOptions {
  /**
   * Requests leadership from the store: resolves to the fence, or to 0 when another process leads. A lease of 0
   * releases it.
   */
  readonly ask: (leaseMs: number) => Promise<number>;
  readonly leaseMs: number;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  /** Called when this process becomes the leader. */
  readonly gained: () => void;
  /** Called when it stops being the leader. */
  readonly lost: () => void;
  readonly log: Log;
}

/**
 * Leads when no other process does. The lease counts from before the request, so that this process believes it leads
 * for less time than the store grants; when the store is unreachable, leadership expires.
 */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { leaseMs, monotonicMs, log } = options;
  let held: { readonly fence: number; readonly untilMs: number } | null = null;

  function take(fence: number, askedMs: number): void {
    const before = held;
    held = fence === 0 ? null : { fence, untilMs: askedMs + leaseMs - SAFETY_MS };
    if (before?.fence === held?.fence) return;
    if (before !== null) {
      log.warn({ component: 'leader_election', event: 'leadership_lost', fence: before.fence }, 'lost leadership');
      options.lost();
    }
    if (held !== null) {
      log.info({ component: 'leader_election', event: 'leadership_gained', fence }, 'gained leadership');
      options.gained();
    }
  }

  const loop = runEvery(
    'leader_election',
    ASK_EVERY_MS,
    async () => {
      const askedMs = monotonicMs();
      take(await options.ask(leaseMs), askedMs);
    },
    log,
  );

  async function release(deadline: AbortSignal): Promise<void> {
    await loop.stop(deadline);
    if (held === null) return;
    take(0, monotonicMs());
    await options.ask(0);
  }

  return {
    ...loop,
    current() {
      if (held === null || monotonicMs() >= held.untilMs) return null;
      const { fence } = held;
      return { fence, holds: () => held?.fence === fence && monotonicMs() < held.untilMs };
    },
    async stop(deadline) {
      const over = release(deadline).catch((err: unknown) =>
        log.warn(
          { component: 'leader_election', event: 'leadership_not_released', err },
          'failed to release leadership: its lease will expire',
        ),
      );
      // An unavailable store must not delay the services that stop after this one.
      await Promise.race([over, pause(RELEASE_MS, undefined, { ref: false })]);
    },
  };
}
