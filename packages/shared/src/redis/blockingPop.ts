import { within } from '../lifecycle/within.js';
import type { RedisClient } from './client.js';

/** What a blocking pop took. */
export interface Popped {
  readonly key: string;
  readonly member: string;
  readonly score: number;
}

/** A connection that only waits. */
export interface BlockingPop {
  /**
   * Takes the first member of the first of the sorted sets that has one; null when none had after `timeoutS` seconds.
   * Rejects at once when the connection is lost; the next call connects anew.
   */
  bzpopmin(keys: readonly string[], timeoutS: number): Promise<Popped | null>;
  /** Ends a wait that is under way. */
  disconnect(): void;
}

/** An answer that is later than the timeout by this much means a dead connection, in ms. */
const LATE_MS = 2_000;

/** Connects when it is first used. */
export function createBlockingPop(client: RedisClient): BlockingPop {
  let connection: RedisClient | null = null;
  let ended = false;

  function connected(): RedisClient {
    if (connection !== null) return connection;
    connection = client.duplicate({
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: true,
      retryStrategy: () => null,
      // Waiting for long is what it is for.
      commandTimeout: undefined as never,
      socketTimeout: undefined as never,
    });
    connection.on('error', () => undefined);
    return connection;
  }

  function drop(): void {
    connection?.disconnect();
    connection = null;
  }

  return {
    async bzpopmin(keys, timeoutS) {
      if (ended) throw new Error('the wait has ended');
      try {
        const answer = await within(
          timeoutS * 1_000 + LATE_MS,
          connected().bzpopmin(...keys, timeoutS),
          () => new Error('Redis did not answer in time'),
        );
        if (answer === null) return null;
        const [key, member, score] = answer;
        return { key, member, score: Number(score) };
      } catch (error) {
        drop();
        throw error;
      }
    },
    disconnect() {
      ended = true;
      drop();
    },
  };
}
