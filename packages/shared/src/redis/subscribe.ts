import type { Service } from '../lifecycle/service.js';
import type { RedisClient } from './client.js';

/**
 * Listens on channels over a connection of its own. Messages are hints that may be lost with the connection: whoever
 * listens looks by itself from time to time as well.
 * @param listeners what to do with a message, by channel
 */
export function createSubscriber(
  client: RedisClient,
  listeners: Readonly<Record<string, (message: string) => void>>,
): Service {
  let connection: RedisClient | null = null;
  return {
    name: 'subscriber',
    async start() {
      connection = client.duplicate({ lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null });
      // The connection it was made from reports that Redis is away.
      connection.on('error', () => undefined);
      connection.on('message', (channel: string, message: string) => listeners[channel]?.(message));
      await connection.subscribe(...Object.keys(listeners));
    },
    async stop() {
      connection?.disconnect();
      connection = null;
    },
  };
}
