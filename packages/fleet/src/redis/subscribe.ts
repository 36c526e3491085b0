import type { Service } from '@sluice/shared/lifecycle/service';
import { Cluster } from 'ioredis';
import type { RedisClient } from './client.js';

/**
 * Listens on channels over a connection of its own. Messages are hints that may be lost with the connection: whoever
 * listens looks by itself from time to time as well. A process listens once on a channel.
 * @param listeners what to do with a message, by channel
 */
export function createSubscriber(
  client: RedisClient,
  listeners: Readonly<Record<string, (message: string) => void>>,
): Service {
  const channels = Object.keys(listeners);
  const hear = (channel: string, message: string): void => listeners[channel]?.(message);
  let leave: (() => void) | null = null;
  return {
    name: 'subscriber',
    async start() {
      const connection = client instanceof Cluster ? client : openListener(client);
      connection.on('message', hear);
      leave = () => {
        connection.off('message', hear);
        if (connection !== client) connection.disconnect();
        else void connection.unsubscribe(...channels).catch(() => undefined);
      };
      await connection.subscribe(...channels);
    },
    async stop() {
      leave?.();
      leave = null;
    },
  };
}

/**
 * A Cluster's client has a connection for this already, to any one of the nodes, as each passes every message on; it
 * moves to another node when that one goes. A connection to one server must be made.
 */
function openListener(client: Exclude<RedisClient, Cluster>): Exclude<RedisClient, Cluster> {
  const connection = client.duplicate({ lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null });
  // The connection it was made from reports that Redis is away.
  connection.on('error', () => undefined);
  return connection;
}
