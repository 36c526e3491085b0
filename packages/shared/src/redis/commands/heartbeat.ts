import type { Redis } from 'ioredis';
import { z } from 'zod';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('heartbeat');
const reply = z.tuple([z.string(), z.array(z.string())]);

/** What a worker process learns from its heartbeat. */
export interface Membership {
  /** Differs from the one before when lanes or desired slots have changed. */
  readonly version: string;
  /** Ids of the live worker processes, the caller included, sorted. */
  readonly workers: readonly string[];
}

/**
 * Says that a worker process lives, and learns who else does.
 * @param lastsMs until it is taken for dead, by the server's clock; 0 says goodbye
 */
export async function heartbeat(
  client: Redis,
  keys: FleetKeys,
  workerId: string,
  lastsMs: number,
): Promise<Membership> {
  const [version, workers] = reply.parse(await script.run(client, [keys.workers, keys.version], [workerId, lastsMs]));
  return { version, workers: workers.sort() };
}
