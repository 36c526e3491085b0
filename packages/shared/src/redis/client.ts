import type { Redis } from 'ioredis';

/** A connection to Redis through which all commands go. */
export type RedisClient = Redis;
