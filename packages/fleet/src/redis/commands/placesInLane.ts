import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';

const script = defineLua('placesInLane');
const reply = z.array(z.number());

/** BullMQ's keys of one lane's waiting jobs. */
export interface WaitingKeys {
  readonly wait: string;
  readonly prioritized: string;
}

/** Maximum jobs per call: a few milliseconds of server time at most. */
const IDS_PER_CALL = 500;

/** Places of jobs in their lane, 1 for the next, in the order of the ids; null for a job that is not waiting there. */
export async function placesInLane(
  client: RedisClient,
  { wait, prioritized }: WaitingKeys,
  ids: readonly string[],
): Promise<(number | null)[]> {
  const places: (number | null)[] = [];
  for (let from = 0; from < ids.length; from += IDS_PER_CALL) {
    const some = await script.run(client, [wait, prioritized], ids.slice(from, from + IDS_PER_CALL));
    places.push(...reply.parse(some).map((place) => (place === 0 ? null : place)));
  }
  return places;
}
