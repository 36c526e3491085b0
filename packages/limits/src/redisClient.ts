import type { Cluster, Redis } from 'ioredis';

/** A connection of ioredis, to one server or to the nodes of a Redis Cluster. */
export type RedisClient = Redis | Cluster;
