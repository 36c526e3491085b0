import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import { askedWaitMs } from '@sluice/shared/domain/retry';

/** How long a tenant's direct calls leave an upstream alone that asked to wait. */
export interface Pacing {
  /**
   * An upstream asked to wait. What it asked for counts; where it named no time, twice as long as the time before.
   * @param startedMs when the call began, unix ms: of calls that were under way together, all are one time
   * @returns for how long to leave it alone, in ms
   */
  paced(owner: PacedOwner, startedMs: number, retryAfterMs: number | null): number;
  /** It answered: the next time is the first again. */
  answered(owner: PacedOwner): void;
}

/** Whose calls of which upstream. */
export interface PacedOwner {
  readonly tenant: string;
  readonly upstream: string;
  readonly retry: Pick<RetryPolicy, 'baseMs' | 'capMs'>;
}

/** Tenants and upstreams that are remembered at most; of one that is forgotten the next time is the first again. */
const KEPT = 10_000;

interface Times {
  /** Before this one. */
  readonly before: number;
  readonly atMs: number;
}

/**
 * baseMs * 2^n, at most capMs, as workers do; n counts how often in a row the upstream has said so without naming a time. After
 * twice the longest pause without such an answer it counts anew.
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
      // A service reads what the upstream names, and may have read no number.
      const askedMs = Number.isNaN(retryAfterMs) ? null : retryAfterMs;
      return Math.max(1, askedWaitMs(askedMs, askedMs === null ? note(owner, startedMs) : 0, owner.retry));
    },
    answered: (owner) => void times.delete(nameOf(owner)),
  };
}
