import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { ga4RunReport } from '@sluice/ga4';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { Service } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { loadProducerConfig } from '../../../apps/producer/src/config.js';
import { wireProducer } from '../../../apps/producer/src/producer.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import type { HttpClient } from '../../support/httpClient.js';
import { createHttpClient } from '../../support/httpClient.js';

/** The operator's key of every producer under test. */
export const OPERATOR_KEY = 'operator-key-of-the-tests';

/** Roles of a tenant's users. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer';

/** A producer in this process, in a space of its own. */
export interface TestProducer {
  readonly space: FleetSpace;
  readonly url: string;
  readonly operator: HttpClient;
  /** A client with a new key; the tenant is made when it is not there yet. */
  user(tenant: string, role?: Role, userId?: string): Promise<HttpClient>;
  /** A client with any token. */
  client(token: string): HttpClient;
  close(): Promise<void>;
}

/** Starts a producer. */
export async function openProducer(environment: Readonly<Record<string, string>> = {}): Promise<TestProducer> {
  const space = await openFleetSpace();
  const config = loadProducerConfig({
    ...space.environment,
    SLUICE_OPERATOR_KEY: OPERATOR_KEY,
    PORT: '0',
    ...environment,
  });
  const tasks = await loadFleetTasks({ ...config.tasks, ...config.rehearsal, from: process.cwd() }, [ga4RunReport]);
  const log = createLogger('producer', { level: 'silent' });
  const producer = wireProducer(config, tasks, log, systemClock);
  const group: Service = createServiceGroup('producer', producer.services, log);
  await group.start();
  const client = (token: string): HttpClient => createHttpClient(producer.url(), token);
  const operator = client(OPERATOR_KEY);
  return {
    space,
    url: producer.url(),
    operator,
    client,
    async user(tenant, role = 'owner', userId) {
      await operator.call('POST', '/api/v1/admin/tenants', { id: tenant });
      const body = { role, ...(userId === undefined ? {} : { userId }) };
      const { key } = await operator.expect(201, 'POST', `/api/v1/admin/tenants/${tenant}/keys`, body);
      return client(String(key));
    },
    async close() {
      await group.stop(AbortSignal.timeout(5_000));
      await space.close();
    },
  };
}

/** A job that does nothing. */
export const PROBE = { task: 'system.probe', data: {} };

/** Submits a job and returns its id. */
export async function submit(client: HttpClient, more: object = {}): Promise<string> {
  return String((await client.expect(202, 'POST', '/api/v1/jobs', { ...PROBE, ...more })).id);
}

/** Starts a job's attempt in the ledger as a worker would; returns the fence. */
export async function claim({ postgres }: FleetSpace, id: string): Promise<number> {
  const { rows } = await postgres.db.$client.query<{ tenant_id: string }>('SELECT tenant_id FROM jobs WHERE id = $1', [
    id,
  ]);
  const [claimed] = await claimJobs(postgres.db, [{ id, tenantId: rows[0]?.tenant_id ?? '', workerId: 'w1' }]);
  if (claimed?.state !== 'active') throw new Error(`the claim of ${id} did not take`);
  return claimed.fence;
}

/** Runs a job to its end in the ledger as a worker would. */
export async function settle(space: FleetSpace, id: string, how: 'completed' | 'dead'): Promise<void> {
  const fence = await claim(space, id);
  const ends: Record<typeof how, Omit<Settlement, 'id' | 'fence' | 'retryInMs'>> = {
    completed: { state: 'completed', outcome: 'completed', result: { done: true }, error: null, death: null },
    dead: {
      state: 'dead',
      outcome: 'failed',
      result: null,
      error: { code: 'attempt_failed', message: 'no' },
      death: { category: 'exhausted', severity: 'high' },
    },
  };
  const [taken] = await settleJobs(space.postgres.db, [{ id, fence, retryInMs: null, ...ends[how] }]);
  if (taken !== true) throw new Error(`the settlement of ${id} was not taken`);
}
