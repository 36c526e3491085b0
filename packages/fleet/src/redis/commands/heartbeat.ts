import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('heartbeat');
const texts = z.array(z.string());
const reply = z.tuple([texts, texts, texts, z.int(), texts, texts]);
const taskList = z.record(z.string(), z.array(z.string()));

/** Tasks that a worker process has handlers for, by queue class. */
export type RunnableTasks = ReadonlyMap<string, readonly string[]>;

/** Reply to a worker process's heartbeat. */
export interface Membership {
  /** Version by bucket; read a bucket again when its entry changes. */
  readonly versions: ReadonlyMap<number, string>;
  /** Maximum concurrent jobs of each live worker process including the caller, by id, sorted by id. */
  readonly capacities: ReadonlyMap<string, number>;
  /** Tasks that each live worker process runs, by id; empty for one that announced none. */
  readonly tasks: ReadonlyMap<string, RunnableTasks>;
  /** Server time of the reply, unix ms. */
  readonly serverMs: number;
}

/**
 * Announces a live worker process and returns all live ones.
 * @param worker its id, how long it counts as live without another heartbeat (ms of the server's clock; 0 deregisters
 *   it), its maximum concurrent jobs, and its tasks
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
