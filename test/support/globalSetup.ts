import type { TestProject } from 'vitest/node';
import { startServers } from './servers.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly redisUrl: string;
    readonly databaseUrl: string;
  }
}

/** Starts Redis and PostgreSQL once for all test files, and stops them at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startServers();
  project.provide('redisUrl', servers.redisUrl);
  project.provide('databaseUrl', servers.databaseUrl);
  return () => servers.stop();
}
