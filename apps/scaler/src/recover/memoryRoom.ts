import { judgeMemory } from '@sluice/fleet/domain/memoryGuard';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { readMemoryUse } from '@sluice/fleet/redis/commands/memoryUse';

/**
 * Recovery stops this far below the producers' memory limit, in percent of the memory, so that producers take
 * precedence.
 */
const BELOW_GUARD_PERCENT = 5;

/** A reading is valid for this long, in ms. */
const ASK_EVERY_MS = 500;

/**
 * Creates a check of whether Redis has memory for jobs that it does not hold.
 * @param guardPercent share of the memory above which producers add nothing, in percent
 * @param monotonicMs a monotonic clock, in ms
 */
export function createMemoryRoom(
  client: RedisClient,
  guardPercent: number,
  monotonicMs: () => number,
): () => Promise<boolean> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let hasRoom = true;
  return async () => {
    if (monotonicMs() - askedMs < ASK_EVERY_MS) return hasRoom;
    hasRoom = judgeMemory(await readMemoryUse(client), Math.max(1, guardPercent - BELOW_GUARD_PERCENT)).kind === 'room';
    askedMs = monotonicMs();
    return hasRoom;
  };
}
