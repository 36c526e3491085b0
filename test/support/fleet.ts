import { randomBytes } from 'node:crypto';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import type { FleetProcess, FleetProcessName } from './fleetProcess.js';
import { startFleetProcess } from './fleetProcess.js';
import type { FleetSpace } from './fleetSpace.js';
import { openFleetSpace } from './fleetSpace.js';
import type { HttpClient } from './httpClient.js';
import { createHttpClient } from './httpClient.js';

/** A whole fleet of real processes in its own space. */
export interface Fleet {
  readonly space: FleetSpace;
  readonly producer: FleetProcess;
  readonly operator: HttpClient;
  /** Starts another process; it stops with the fleet. */
  start(name: FleetProcessName, environment?: Readonly<Record<string, string>>): Promise<FleetProcess>;
  /** Creates a tenant with one key and returns a client for it. */
  tenant(id: string, role?: 'owner' | 'admin' | 'member' | 'viewer'): Promise<HttpClient>;
  /** Stops every process; throws when one did not exit cleanly. */
  close(): Promise<void>;
}

/**
 * Starts a producer; the test starts the other processes.
 * @param server the test file's own Redis, instead of the shared one
 */
export async function startFleet(
  environment: Readonly<Record<string, string>> = {},
  server?: RedisConfig,
): Promise<Fleet> {
  const space = await openFleetSpace(server);
  const operatorKey = `slk_${randomBytes(24).toString('base64url')}`;
  const processes: FleetProcess[] = [];
  async function start(name: FleetProcessName, more: Readonly<Record<string, string>> = {}): Promise<FleetProcess> {
    const started = await startFleetProcess(name, {
      ...space.environment,
      LOG_LEVEL: 'info',
      SLUICE_OPERATOR_KEY: operatorKey,
      SLUICE_ALLOW_PRIVATE_ADDRESSES: 'true',
      ...environment,
      ...more,
    });
    processes.push(started);
    return started;
  }
  const producer = await start('producer');
  const operator = createHttpClient(producer.url, operatorKey);
  return {
    space,
    producer,
    operator,
    start,
    async tenant(id, role = 'owner') {
      await operator.call('POST', '/api/v1/admin/tenants', { id });
      const { key } = await operator.expect(201, 'POST', `/api/v1/admin/tenants/${id}/keys`, { role });
      return createHttpClient(producer.url, String(key));
    },
    async close() {
      const codes = await Promise.all(processes.map(async (process) => ({ code: await process.stop(), process })));
      await space.close();
      const bad = codes.find(({ code, process }) => code !== 0 && process.child.signalCode !== 'SIGKILL');
      if (bad !== undefined) {
        throw new Error(`a process ended with ${bad.code}:\n${JSON.stringify(bad.process.lines.slice(-5))}`);
      }
    },
  };
}
