import type { Redis } from 'ioredis';
import { Cluster } from 'ioredis';

/**
 * The connection to Redis that all commands use: to one server, or to the nodes of a Redis Cluster. Both support every
 * command; on a Cluster the keys of one call must share a hash slot, as those of a bucket do.
 */
export type RedisClient = Redis | Cluster;

/** The plain connections to every server that holds data: the client itself, or each currently known Cluster master. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
