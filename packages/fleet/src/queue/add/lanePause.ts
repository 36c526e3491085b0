import type { Queue } from 'bullmq';

/**
 * Bound of the rate limit that a lane gets when it is first paused, in jobs: BullMQ looks at a queue's limiter only where its
 * own settings name a bound. No lane ever meets this one, and its count begins anew after each of these spans, in ms.
 */
const OUT_OF_REACH = { max: 1_000_000_000_000, durationMs: 1_000 };

/**
 * Pauses a lane by BullMQ's own rate limit of its queue. A rate that an operator set stays, and so does a longer pause; two
 * processes that pause at once may shorten each other's, which costs one job that is refused and pauses the lane again. A
 * process that dies in between leaves a bound that nobody meets.
 */
export async function pauseLane(queue: Queue, forMs: number): Promise<void> {
  const [rate, leftMs] = await Promise.all([queue.getGlobalRateLimit(), pausedForMs(queue)]);
  if (rate === null) await queue.setGlobalRateLimit(OUT_OF_REACH.max, OUT_OF_REACH.durationMs);
  if (leftMs < forMs) await queue.rateLimit(Math.max(1, Math.ceil(forMs)));
}

/** How long a lane's jobs are held back still, in ms. */
export async function pausedForMs(queue: Queue): Promise<number> {
  return Math.max(0, await queue.getRateLimitTtl());
}

/** Ends a pause. */
export async function resumeLane(queue: Queue): Promise<void> {
  await queue.removeRateLimitKey();
}
