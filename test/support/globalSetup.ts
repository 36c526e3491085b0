import type { TestProject } from 'vitest/node';
import { describeLeaks, findTraces } from './leaks.js';
import { startServers } from './servers.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly redisUrl: string;
    readonly databaseUrl: string;
  }
}

/**
 * Starts Redis and PostgreSQL once for all test files, and stops them at the end. The run fails when a test leaves a
 * schema, keys or a connection behind.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startServers();
  project.provide('redisUrl', servers.redisUrl);
  project.provide('databaseUrl', servers.databaseUrl);
  const before = await findTraces(servers);
  return async () => {
    const leaks = describeLeaks(before, await findTraces(servers));
    await servers.stop();
    if (leaks.length > 0) throw new Error(`Tests left behind: ${leaks.join(', ')}`);
  };
}
