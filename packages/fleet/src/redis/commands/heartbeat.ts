import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('heartbeat');
const texts = z.array(z.string());
const reply = z.tuple([texts, texts, texts, z.int(), texts, texts]);
const taskList = z.record(z.string(), z.array(z.string()));

/** Tasks that a worker process has handlers of, by queue class. */
export type RunnableTasks = ReadonlyMap<string, readonly string[]>;

/** What a worker process learns from its heartbeat. */
export interface Membership {
  /** Version by bucket; a bucket whose entry differs from the one before is to be read again. */
  readonly versions: ReadonlyMap<number, string>;
  /** Jobs that each live worker process runs at a time, the caller included, by id and sorted by it. */
  readonly capacities: ReadonlyMap<string, number>;
  /** Tasks that each live worker process runs, by its id; none for one that announced none. */
  readonly tasks: ReadonlyMap<string, RunnableTasks>;
  /** The server's clock as it answered, unix ms. */
  readonly serverMs: number;
}

/**
 * Announces that a worker process lives, and returns who else does.
 * @param worker its id, how long it lives without another heartbeat (ms, by the server's clock; 0 deregisters it), how many
 *   jobs it runs at a time, and which tasks
 */
export async function heartbeat(
  client: RedisClient,
  keys: FleetKeys,
  worker: { readonly id: string; readonly lastsMs: number; readonly capacity: number; readonly tasks?: RunnableTasks },
): Promise<Membership> {
  const list = JSON.stringify(Object.fromEntries(worker.tasks ?? []));
  const answer = await script.run(
    client,
    [keys.workers, keys.capacities, keys.versions, keys.knownTasks, keys.taskLists],
    [worker.id, worker.lastsMs, worker.capacity, digestOf(list), list],
  );
  const [versions, ids, capacities, serverMs, digests, lists] = reply.parse(answer);
  const listOf = new Map(pairsOf(lists).map(([digest, json]) => [digest, readList(json)]));
  const digestBy = new Map(pairsOf(digests));
  const capacityOf = new Map(pairsOf(capacities));
  return {
    versions: new Map(pairsOf(versions).map(([bucket, version]) => [Number(bucket), version])),
    capacities: new Map(ids.sort().map((id) => [id, Number(capacityOf.get(id) ?? 1)])),
    tasks: new Map(ids.map((id) => [id, listOf.get(digestBy.get(id) ?? '') ?? NO_TASKS])),
    serverMs,
  };
}

const NO_TASKS: RunnableTasks = new Map();

function digestOf(list: string): string {
  return createHash('sha256').update(list).digest('base64url').slice(0, 12);
}

function readList(json: string): RunnableTasks {
  return new Map(Object.entries(taskList.parse(JSON.parse(json))));
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}
