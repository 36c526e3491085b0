import { ProblemError } from '@sluice/shared/errors/problemError';

/** Limits on what is held in memory at the same time. */
export interface MemoryLimit {
  readonly items: number;
  readonly bytes: number;
}

/**
 * Bounds the items that wait in memory, by number and by bytes, so that a slow store cannot fill the process's memory.
 */
export interface MemoryBudget {
  /** Reserves memory for one more item; false when the limit is reached. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
  /**
   * Runs work that holds an item of this size in memory until it settles.
   * @throws ProblemError `unavailable` when the limit is reached
   */
  hold<Answer>(bytes: number, work: () => Promise<Answer>): Promise<Answer>;
}

/** Creates a budget. A single item that exceeds the whole limit is admitted while nothing else is held. */
export function createMemoryBudget(limit: MemoryLimit): MemoryBudget {
  let items = 0;
  let bytes = 0;

  function reserve(more: number): boolean {
    if (items >= limit.items || (items > 0 && bytes + more > limit.bytes)) return false;
    items++;
    bytes += more;
    return true;
  }

  function release(less: number): void {
    items--;
    bytes -= less;
  }

  return {
    reserve,
    release,
    async hold(size, work) {
      if (!reserve(size)) {
        throw new ProblemError('unavailable', 'Too many jobs are being accepted at the moment.', {
          retryAfterSeconds: 1,
        });
      }
      try {
        return await work();
      } finally {
        release(size);
      }
    },
  };
}
