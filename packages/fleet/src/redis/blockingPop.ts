import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { Redis } from 'ioredis';
import type { RedisClient } from './client.js';
import { ownerOf, refreshSlots } from './slotOwner.js';

/** What a blocking pop took. */
export interface Popped {
  readonly key: string;
  readonly member: string;
  readonly score: number;
}

/** Waits for members of sorted sets over a connection of its own, to the one server that holds them. */
export interface BlockingPop {
  /**
   * Takes the lowest member of the first of these sorted sets that has one, or null when none had within the time. One
   * call at a time. Whatever goes wrong, it rejects at most 2 s after the time is over, and the next call connects anew;
   * a member that was taken while the connection broke is lost.
   * @param keys of one bucket; always of the same for one object
   * @param timeoutSeconds above 0; may be a fraction
   */
  bzpopmin(keys: readonly string[], timeoutSeconds: number): Promise<Popped | null>;
  /** Ends a wait at once, with a rejection. The next call would connect anew. */
  disconnect(): void;
}

/** Longest that a connection may take to be made, in ms. */
const CONNECT_WITHIN_MS = 3_000;

/** How long an answer may be late, in ms. */
const LATE_MS = 2_000;

/**
 * Makes a blocking connection that is opened by its first call. On a Cluster it is one plain connection to the master
 * that owns the keys, where a second Cluster client would open one to each node, and more to look after them. It is
 * thrown away when the slot moves or the master fails, and made again from what the Cluster says then.
 */
export function createBlockingPop(client: RedisClient): BlockingPop {
  let connection: Redis | null = null;
  let lastFailed = false;
  let dropped = 0;

  function drop(): void {
    dropped++;
    connection?.disconnect();
    connection = null;
  }

  async function openFor(key: string): Promise<Redis> {
    const droppedBefore = dropped;
    if (lastFailed) await refreshSlots(client);
    // Nobody waits for it any more, and nobody would close it.
    if (dropped !== droppedBefore) throw late('connect');
    const opened = dedicate(ownerOf(client, key));
    connection = opened;
    await opened.connect();
    return opened;
  }

  return {
    async bzpopmin(keys, timeoutSeconds) {
      try {
        const ready = connection ?? (await within(CONNECT_WITHIN_MS, openFor(keys[0] ?? ''), () => late('connect')));
        const waitMs = timeoutSeconds * 1_000 + LATE_MS;
        const popped = await within(waitMs, ready.bzpopmin(...keys, timeoutSeconds), () => late('answer'));
        lastFailed = false;
        if (popped === null) return null;
        const [key, member, score] = popped;
        return { key, member, score: Number(score) };
      } catch (error) {
        lastFailed = true;
        drop();
        throw error;
      }
    },
    disconnect: drop,
  };
}

/** A connection that fails for good at its first trouble: whoever waits on it looks, then makes another. */
function dedicate(server: Redis): Redis {
  const connection = server.duplicate({
    lazyConnect: true,
    enableOfflineQueue: false,
    readOnly: false,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    // Waiting for long is what it is for.
    commandTimeout: undefined,
    socketTimeout: undefined,
  });
  // Its failures reach the caller, and the connection it was made from reports that Redis is away.
  connection.on('error', () => undefined);
  return connection;
}

function late(what: string): FleetError {
  return new FleetError('unavailable', `Redis did not ${what} in time.`);
}
