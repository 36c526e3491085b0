import type { Service } from '@sluice/shared/lifecycle/service';
import { Cluster } from 'ioredis';
import type { RedisClient } from './client.js';

/**
 * Subscribes to channels over a dedicated connection. Messages are hints that may be lost with the connection, so
 * subscribers also poll. A process subscribes to a channel once.
 * @param listeners message handler by channel
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
 * Opens a connection for subscriptions to one server. A Cluster client already has one, to any node, as nodes forward
 * every message; it moves to another node when that one fails.
 */
function openListener(client: Exclude<RedisClient, Cluster>): Exclude<RedisClient, Cluster> {
  const connection = client.duplicate({ lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null });
  // The original connection reports that Redis is unavailable.
  connection.on('error', () => undefined);
  return connection;
}
