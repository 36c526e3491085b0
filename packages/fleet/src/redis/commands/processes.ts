import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** A worker process whose heartbeat has not ended. */
export interface LiveWorker {
  readonly id: string;
  /** When it is taken for dead unless it says that it lives, unix ms of the server's clock. */
  readonly aliveUntilMs: number;
  /** Jobs that it runs at a time. */
  readonly capacity: number;
}

/** The worker processes that live, by id. Changes nothing, unlike a heartbeat. */
export async function readLiveWorkers(client: RedisClient, keys: FleetKeys): Promise<LiveWorker[]> {
  const [[seconds, micros], flat, capacities] = await Promise.all([
    client.time(),
    client.zrange(keys.workers, '0', '-1', 'WITHSCORES'),
    client.hgetall(keys.capacities),
  ]);
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  const workers: LiveWorker[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const id = flat[i] ?? '';
    const worker = { id, aliveUntilMs: Number(flat[i + 1]), capacity: Math.max(1, Number(capacities[id] ?? 1)) };
    if (worker.aliveUntilMs > nowMs) workers.push(worker);
  }
  return workers.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The scaler that leads. */
export interface Leader {
  readonly holder: string;
  /** Number of its leadership, which only grows. */
  readonly fence: number;
}

/** The scaler that leads, or null when none does. */
export async function readLeader(client: RedisClient, keys: FleetKeys): Promise<Leader | null> {
  const { holder, fence } = await client.hgetall(keys.leader);
  return holder === undefined ? null : { holder, fence: Number(fence) };
}
