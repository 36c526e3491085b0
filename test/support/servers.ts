/** Redis and PostgreSQL for a test run. */
export interface TestServers {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** Servers given by the environment are used as they are. */
export async function startServers(): Promise<TestServers> {
  const { REDIS_URL, DATABASE_URL } = process.env;
  if (REDIS_URL === undefined || DATABASE_URL === undefined) throw new Error('Run the tests with: npm test');
  return { redisUrl: REDIS_URL, databaseUrl: DATABASE_URL, stop: async () => undefined };
}
