import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** A worker process whose heartbeat has not expired. */
export interface LiveWorker {
  readonly id: string;
  /** Expiry of its heartbeat unless renewed, unix ms of the server's clock. */
  readonly aliveUntilMs: number;
  /** Maximum concurrent jobs. */
  readonly capacity: number;
}

/** Reads the live worker processes, sorted by id. Read-only, unlike a heartbeat. */
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

/** The leading scaler. */
export interface Leader {
  readonly holder: string;
  /** Fence of its leadership, which only grows. */
  readonly fence: number;
}

/** Reads the leading scaler; null when there is none. */
export async function readLeader(client: RedisClient, keys: FleetKeys): Promise<Leader | null> {
  const { holder, fence } = await client.hgetall(keys.leader);
  return holder === undefined ? null : { holder, fence: Number(fence) };
}
