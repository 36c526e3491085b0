import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';

const look = defineLua('inspectLanes');
const numbers = z.array(z.number());
const lookReply = z.tuple([z.string(), numbers]);

/** BullMQ's keys for inspecting a lane; named by BullMQ, see `queue/laneKeys.ts`. */
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
  /** Due time of the first delayed job, unix ms; 0 when there is none. */
  readonly dueMs: number;
  readonly active: number;
}

/** Maximum lanes per call: at four or five keys each, this stays within what Lua can unpack. */
export const LANES_PER_CALL = 1_000;

/**
 * Reads what lanes of one bucket hold. Read-only.
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
