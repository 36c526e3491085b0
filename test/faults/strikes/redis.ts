import { until } from '../../support/until.js';
import type { Strike } from './scene.js';
import { redisOf } from './scene.js';

const restart: Strike = {
  name: 'redis-kill',
  summary: 'SIGKILL of Redis, and a restart on its append-only file',
  async strike(scene) {
    const redis = redisOf(scene);
    redis.signal('SIGKILL');
    await scene.lasts(2_000);
    await redis.restart('kept');
  },
};

const empty: Strike = {
  name: 'redis-empty',
  summary: 'SIGKILL of Redis, and a restart without its data',
  losesRedis: true,
  async strike(scene) {
    const redis = redisOf(scene);
    redis.signal('SIGKILL');
    await redis.restart('empty');
  },
};

const gone: Strike = {
  name: 'redis-rack',
  summary: 'SIGKILL of Redis and of every process at once, and Redis comes back without its data',
  losesRedis: true,
  async strike(scene) {
    const redis = redisOf(scene);
    redis.signal('SIGKILL');
    for (const { member } of scene.stand.posts) member.signal('SIGKILL');
    await redis.restart('empty');
    await Promise.all(scene.stand.posts.map(({ member }) => member.untilReady()));
  },
};

const flush: Strike = {
  name: 'redis-flush',
  summary: 'FLUSHALL: everything is gone, and nobody notices a restart',
  losesRedis: true,
  async strike(scene) {
    await redisOf(scene).ask((redis) => redis.flushall());
  },
};

const paused: Strike = {
  name: 'redis-pause',
  summary: 'SIGSTOP of Redis, longer than every lease, then SIGCONT',
  async strike(scene) {
    const redis = redisOf(scene);
    redis.signal('SIGSTOP');
    await scene.lasts(scene.standstillMs);
    redis.signal('SIGCONT');
  },
};

const full: Strike = {
  name: 'redis-full',
  summary: 'Redis at maxmemory with noeviction, where every write is refused',
  async strike(scene) {
    const redis = redisOf(scene);
    await redis.ask((client) => client.config('SET', 'maxmemory', '1mb'));
    await scene.lasts(6_000);
    await redis.ask((client) => client.config('SET', 'maxmemory', '0'));
  },
};

const readOnly: Strike = {
  name: 'redis-readonly',
  summary: 'Redis becomes a replica of nothing and refuses writes as read-only, then is master again',
  async strike(scene) {
    const redis = redisOf(scene);
    // Port 1: nothing listens there, so the replica keeps its data and waits.
    await redis.ask((client) => client.replicaof('127.0.0.1', 1));
    await scene.lasts(5_000);
    await redis.ask((client) => client.replicaof('NO', 'ONE'));
    await until(
      'Redis is master again',
      () => redis.ask(async (client) => (await client.role())[0] === 'master'),
      60_000,
    );
  },
};

const promote: Strike = {
  name: 'redis-promote',
  summary: 'Redis dies and its replica, a second behind, is promoted by hand: acknowledged writes are gone',
  losesRedis: true,
  async strike(scene) {
    await redisOf(scene).promoteReplica(1_000);
    await scene.lasts(1_000);
    scene.stand.followRedis();
  },
};

const diskFull: Strike = {
  name: 'redis-disk-full',
  summary: 'the disk of the append-only file is full, and has room again',
  unfit: ({ stand: { disk } }) =>
    disk === null ? 'only root can mount a small disk, and not in every container' : null,
  async strike({ stand: { disk }, lasts }) {
    await disk?.fill();
    await lasts(6_000);
    await disk?.clear();
  },
};

/** Faults of the single Redis. */
export const REDIS_STRIKES: readonly Strike[] = [
  restart,
  empty,
  gone,
  flush,
  paused,
  full,
  readOnly,
  diskFull,
  promote,
];
