import type { Cluster, Redis } from 'ioredis';

/** An ioredis connection, to one server or to the nodes of a Redis Cluster. */
export type RedisClient = Redis | Cluster;
