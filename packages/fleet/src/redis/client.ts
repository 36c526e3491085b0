import type { Redis } from 'ioredis';
import { Cluster } from 'ioredis';

/**
 * A connection to Redis through which all commands go: to one server, or to the nodes of a Redis Cluster. Every command
 * can be called on both; the keys of one call must then be of one slot, which those of a bucket are.
 */
export type RedisClient = Redis | Cluster;

/** The plain connections to every server that holds data: itself, or each master of a Cluster as it is known now. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
