import type { FleetConnection } from '@sluice/queued-client/internal';
import { openFleetConnection } from '@sluice/queued-client/internal';
import type { BenchServers } from '../../harness/servers.js';

/**
 * A service's own connection to the bench's fleet.
 * @param slotConcurrency jobs that one slot of its workers runs at a time
 */
export function openBenchClient({ environment }: BenchServers, slotConcurrency = 1): Promise<FleetConnection> {
  const { REDIS_URL = '', DATABASE_URL = '', DATABASE_SCHEMA = '', SLUICE_PREFIX = '' } = environment;
  return openFleetConnection({
    redis: { url: REDIS_URL },
    prefix: SLUICE_PREFIX,
    databaseUrl: DATABASE_URL,
    schema: DATABASE_SCHEMA,
    slotConcurrency,
  });
}
