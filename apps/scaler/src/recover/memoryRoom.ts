import { judgeMemory } from '@sluice/shared/domain/memoryGuard';
import type { RedisClient } from '@sluice/shared/redis/client';
import { readMemoryUse } from '@sluice/shared/redis/commands/memoryUse';

/** Jobs are added again while Redis uses no more of its memory than this: the rest is for those that must finish, in percent. */
const ROOM_BELOW_PERCENT = 80;

/** A reading is good for so long, in ms. */
const ASK_EVERY_MS = 500;

/**
 * Says whether Redis has room for jobs that it does not hold.
 * @param monotonicMs a clock that never jumps, in ms
 */
export function createMemoryRoom(client: RedisClient, monotonicMs: () => number): () => Promise<boolean> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let hasRoom = true;
  return async () => {
    if (monotonicMs() - askedMs < ASK_EVERY_MS) return hasRoom;
    hasRoom = judgeMemory(await readMemoryUse(client), ROOM_BELOW_PERCENT).kind === 'room';
    askedMs = monotonicMs();
    return hasRoom;
  };
}
