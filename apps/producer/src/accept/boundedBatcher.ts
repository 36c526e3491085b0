import { ProblemError } from '@sluice/shared/errors/problemError';
import type { Batcher, BatcherOptions } from '@sluice/shared/lifecycle/batcher';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Room } from './room.js';

/**
 * A batcher that holds no more than there is room for, so that a slow store cannot fill the memory of this process.
 * `add` rejects with `unavailable` when there is none.
 */
export function createBoundedBatcher<Item, Answer>(
  room: Room,
  bytesOf: (item: Item) => number,
  options: BatcherOptions<Item, Answer>,
): Batcher<Item, Answer> {
  const batcher = createBatcher(options);
  return {
    async add(item) {
      const bytes = bytesOf(item);
      if (!room.take(bytes)) {
        throw new ProblemError('unavailable', 'Too many jobs are on their way already.', { retryAfterSeconds: 1 });
      }
      try {
        return await batcher.add(item);
      } finally {
        room.give(bytes);
      }
    },
    idle: () => batcher.idle(),
  };
}
