import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import { askedWaitMs } from '@sluice/shared/domain/retry';

/** How long a tenant's direct calls pause after an upstream asked to wait. */
export interface Pacing {
  /**
   * Records that an upstream asked to wait: for the time it named, or else for twice the previous pause.
   * @param startedMs when the call began, unix ms: concurrent calls count as one request to wait
   * @returns how long to pause, in ms
   */
  paced(owner: PacedOwner, startedMs: number, retryAfterMs: number | null): number;
  /** The upstream answered: resets the back-off. */
  answered(owner: PacedOwner): void;
}

/** A tenant's calls of an upstream. */
export interface PacedOwner {
  readonly tenant: string;
  readonly upstream: string;
  readonly retry: Pick<RetryPolicy, 'baseMs' | 'capMs'>;
}

/** Maximum number of tracked tenants and upstreams; an evicted one starts its back-off over. */
const KEPT = 10_000;

interface Times {
  /** The value before this pause. */
  readonly before: number;
  readonly atMs: number;
}

/**
 * Creates the pacing of direct calls: baseMs * 2^n, at most capMs, as in workers; n counts consecutive requests to wait
 * that named no time. It resets after twice the longest pause without such a request.
 * @param now unix ms
 */
export function createPacing(now: () => number): Pacing {
  const times = new Map<string, Times>();
  const nameOf = ({ tenant, upstream }: PacedOwner): string => `${tenant} ${upstream}`;

  function note(owner: PacedOwner, startedMs: number): number {
    const name = nameOf(owner);
    const last = times.get(name);
    const atMs = now();
    if (last !== undefined && startedMs <= last.atMs) return last.before;
    const isLongAgo = last === undefined || atMs - last.atMs > 2 * owner.retry.capMs;
    const before = isLongAgo ? 0 : last.before + 1;
    times.delete(name);
    times.set(name, { before, atMs });
    const [oldest] = times.keys();
    if (times.size > KEPT && oldest !== undefined) times.delete(oldest);
    return before;
  }

  return {
    paced(owner, startedMs, retryAfterMs) {
      // The service parsed the upstream's header, and may have got NaN.
      const askedMs = Number.isNaN(retryAfterMs) ? null : retryAfterMs;
      return Math.max(1, askedWaitMs(askedMs, askedMs === null ? note(owner, startedMs) : 0, owner.retry));
    },
    answered: (owner) => void times.delete(nameOf(owner)),
  };
}
