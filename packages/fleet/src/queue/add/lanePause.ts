import type { Queue } from 'bullmq';

/**
 * Rate limit that a lane gets when it is first paused: BullMQ checks a queue's limiter only if the queue's settings
 * have a limit. `max`, in jobs, is never reached; the count resets every `durationMs`.
 */
const OUT_OF_REACH = { max: 1_000_000_000_000, durationMs: 1_000 };

/**
 * Pauses a lane through BullMQ's rate limit of its queue. A rate set by an operator is kept, and so is a longer pause.
 * Two processes that pause at once may shorten each other's pause: one job is then refused and pauses the lane again. A
 * process that dies in between leaves a limit that is never reached.
 */
export async function pauseLane(queue: Queue, forMs: number): Promise<void> {
  const [rate, leftMs] = await Promise.all([queue.getGlobalRateLimit(), pausedForMs(queue)]);
  if (rate === null) await queue.setGlobalRateLimit(OUT_OF_REACH.max, OUT_OF_REACH.durationMs);
  if (leftMs < forMs) await queue.rateLimit(Math.max(1, Math.ceil(forMs)));
}

/** Remaining pause of a lane, in ms. */
export async function pausedForMs(queue: Queue): Promise<number> {
  return Math.max(0, await queue.getRateLimitTtl());
}

/** Ends a pause. */
export async function resumeLane(queue: Queue): Promise<void> {
  await queue.removeRateLimitKey();
}
