import { setTimeout as pause } from 'node:timers/promises';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';

/** How often the lead is asked for, or kept, in ms. With a lease of 9 s a dead leader is followed within 10 s. */
const ASK_EVERY_MS = 1_000;

/** Part of the lease that is not used: what was begun while leading may take this long to arrive, in ms. */
const SAFETY_MS = 1_000;

/** How long giving the lead back may take when a process stops, in ms. */
const GIVE_BACK_MS = 1_000;

/** The right to act, for as long as `holds()`. Ask again before every write: a look can outlast its lease. */
export interface Leadership {
  /** Number of this leadership, which only grows over all scalers. */
  readonly fence: number;
  /** Whether this process still leads, under this very fence. */
  holds(): boolean;
}

/** Keeps asking for the lead. */
export interface LeadKeeper extends PeriodicService {
  /** The leadership of this process; null when another leads or nobody knows. */
  current(): Leadership | null;
}

/** What the lead needs. */
export interface LeadOptions {
  /** Asks the store for the lead: its fence, or 0 when another has it. A lease of 0 gives it back. */
  readonly ask: (leaseMs: number) => Promise<number>;
  readonly leaseMs: number;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  /** Called whenever this process comes to lead. */
  readonly gained: () => void;
  /** Called whenever it no longer does. */
  readonly lost: () => void;
  readonly log: Log;
}

/**
 * Leads when no other does. The lease is counted here from before the store was asked, so that this process believes
 * to lead for a shorter time than the store grants; when the store cannot be reached, leading simply runs out.
 */
export function createLeadKeeper(options: LeadOptions): LeadKeeper {
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
    'lead',
    ASK_EVERY_MS,
    async () => {
      const askedMs = monotonicMs();
      take(await options.ask(leaseMs), askedMs);
    },
    log,
  );

  async function giveBack(deadline: AbortSignal): Promise<void> {
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
      const over = giveBack(deadline).catch((err: unknown) =>
        log.warn(
          { component: 'leader_election', event: 'leadership_not_released', err },
          'failed to release leadership: its lease will expire',
        ),
      );
      // A store that is away must not hold up the parts that stop after this one.
      await Promise.race([over, pause(GIVE_BACK_MS, undefined, { ref: false })]);
    },
  };
}
