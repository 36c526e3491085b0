import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';

const script = defineLua('takeMarkers');
const numbers = z.array(z.number());

/** Maximum markers per call, which blocks Redis for less than a millisecond. */
export const MARKERS_PER_CALL = 1_000;

/**
 * Takes the markers of lanes of one bucket in one script call.
 * @param markers BullMQ's keys, at most `MARKERS_PER_CALL`
 * @returns by index into `markers`: 0 when work may wait, else the due time of a job, unix ms
 */
export async function takeMarkers(client: RedisClient, markers: readonly string[]): Promise<Map<number, number>> {
  const found = numbers.parse(await script.run(client, markers, []));
  const scores = new Map<number, number>();
  for (let i = 0; i + 1 < found.length; i += 2) scores.set(found[i] ?? 0, found[i + 1] ?? 0);
  return scores;
}
