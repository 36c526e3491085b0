import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('heartbeat');
const texts = z.array(z.string());
const reply = z.tuple([texts, texts, texts, z.int()]);

/** What a worker process learns from its heartbeat. */
export interface Membership {
  /** Version by bucket; a bucket whose entry differs from the one before is to be read again. */
  readonly versions: ReadonlyMap<number, string>;
  /** Jobs that each live worker process runs at a time, the caller included, by id and sorted by it. */
  readonly capacities: ReadonlyMap<string, number>;
  /** The server's clock as it answered, unix ms. */
  readonly serverMs: number;
}

/**
 * Says that a worker process lives, and learns who else does.
 * @param worker its id, how long it lives without another heartbeat (ms, by the server's clock; 0 says goodbye), and how many
 *   jobs it runs at a time
 */
export async function heartbeat(
  client: RedisClient,
  keys: FleetKeys,
  worker: { readonly id: string; readonly lastsMs: number; readonly capacity: number },
): Promise<Membership> {
  const answer = await script.run(
    client,
    [keys.workers, keys.capacities, keys.versions],
    [worker.id, worker.lastsMs, worker.capacity],
  );
  const [versions, ids, capacities, serverMs] = reply.parse(answer);
  const capacityOf = new Map(pairsOf(capacities));
  return {
    versions: new Map(pairsOf(versions).map(([bucket, version]) => [Number(bucket), version])),
    capacities: new Map(ids.sort().map((id) => [id, Number(capacityOf.get(id) ?? 1)])),
    serverMs,
  };
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}
