import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { Redis } from 'ioredis';
import type { RedisClient } from './client.js';
import { ownerOf, refreshSlots } from './slotOwner.js';

/** A member taken by a blocking pop. */
export interface Popped {
  readonly key: string;
  readonly member: string;
  readonly score: number;
}

/** Waits for members of sorted sets over a dedicated connection to the server that holds them. */
export interface BlockingPop {
  /**
   * Takes the lowest member of the first of these sorted sets that has one; null when none has one before the timeout.
   * One call at a time. On any failure it rejects at most 2 s after the timeout, and the next call reconnects; a member
   * taken while the connection broke is lost.
   * @param keys of one bucket; always the same bucket for one object
   * @param timeoutSeconds above 0; may be a fraction
   */
  bzpopmin(keys: readonly string[], timeoutSeconds: number): Promise<Popped | null>;
  /** Ends a wait at once with a rejection. A later call reconnects. */
  disconnect(): void;
}

/** Connect timeout, in ms. */
const CONNECT_WITHIN_MS = 3_000;

/** Grace period for a late reply, in ms. */
const LATE_MS = 2_000;

/**
 * Creates a blocking connection that its first call opens. On a Cluster it is one plain connection to the master that
 * owns the keys; a second Cluster client would open one to each node, and more to monitor them. When the slot moves or
 * the master fails, the connection is dropped and reopened from the refreshed slot map.
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
    // The caller no longer waits for this connection, so nothing would close it.
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

/**
 * Creates a connection that fails permanently on its first error: the caller inspects its lanes, then opens another.
 */
function dedicate(server: Redis): Redis {
  const connection = server.duplicate({
    lazyConnect: true,
    enableOfflineQueue: false,
    readOnly: false,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    // No timeouts: this connection blocks for long.
    commandTimeout: undefined,
    socketTimeout: undefined,
  });
  // Its failures reach the caller, and the original connection reports that Redis is unavailable.
  connection.on('error', () => undefined);
  return connection;
}

function late(what: string): FleetError {
  return new FleetError('unavailable', `Redis did not ${what} in time.`);
}
