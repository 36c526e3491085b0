import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';

const look = defineLua('inspectLanes');
const numbers = z.array(z.number());
const lookReply = z.tuple([z.string(), numbers]);

/** BullMQ's names of what a lane is looked at by; made by BullMQ, see `queue/laneKeys.ts`. */
export interface LaneKeys {
  readonly marker: string;
  readonly wait: string;
  readonly prioritized: string;
  readonly delayed: string;
  readonly active: string;
}

/** What a lane holds. */
export interface LaneLook {
  readonly waiting: number;
  /** When the first delayed job is due, unix ms; 0 when none is. */
  readonly dueMs: number;
  readonly active: number;
}

/** Lanes of one call: Lua cannot unpack more keys than this safely allows (four or five each). */
export const LANES_PER_CALL = 1_000;

/**
 * Says what lanes of one bucket hold, and changes nothing.
 * @param versionKey key of the bucket's version
 * @param lanes at most `LANES_PER_CALL`
 * @returns by index into `lanes`; a lane that holds nothing is missing
 */
export async function inspectLanes(
  client: RedisClient,
  versionKey: string,
  lanes: readonly LaneKeys[],
): Promise<{ readonly version: string; readonly looks: Map<number, LaneLook> }> {
  const keys = [versionKey];
  for (const { wait, prioritized, delayed, active } of lanes) keys.push(wait, prioritized, delayed, active);
  const [version, found] = lookReply.parse(await look.run(client, keys, []));
  const looks = new Map<number, LaneLook>();
  for (let i = 0; i + 3 < found.length; i += 4)
    looks.set(found[i] ?? 0, { waiting: found[i + 1] ?? 0, dueMs: found[i + 2] ?? 0, active: found[i + 3] ?? 0 });
  return { version, looks };
}
