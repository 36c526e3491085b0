// @ts-check
import { fetchedRedis, fetchRedis } from './redisFetch.mjs';
import { findOnPath, mayInstall } from './resolve.mjs';

/** @typedef {import('./resolve.mjs').Program} RedisProgram */

/** @returns {RedisProgram | undefined} */
export function programOnPath() {
  const path = findOnPath('redis-server') ?? findOnPath('valkey-server');
  return path === undefined ? undefined : { path };
}

/**
 * Finds a redis-server for callers that start it themselves, such as tests that need several.
 * @param {import('./resolve.mjs').Context} context
 * @returns {Promise<RedisProgram | undefined>}
 */
export async function findRedisProgram(context) {
  return programOnPath() ?? fetchedRedis(context.home) ?? (mayInstall(context.env) ? fetchRedis(context) : undefined);
}
