import { replaceTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import type { Ga4ReportData } from '@sluice/ga4';
import { ga4RunReport } from '@sluice/ga4';
import type { QueuedClient, QueuedClientOptions } from '@sluice/queued-client';
import { createQueuedClient } from '@sluice/queued-client';
import type { FleetConnection } from '@sluice/queued-client/internal';
import { openFleetConnection } from '@sluice/queued-client/internal';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import { inject } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import type { TestLane } from '../worker/support.js';
import { openTestLane } from '../worker/support.js';

/** What is asked for where it does not matter. */
export const REPORT = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };

/** A tenant's quota that one call uses up for longer than any test takes. */
export const ONE_CALL: Partial<UpstreamQuota> = { callsPerWindow: 1, windowMs: 600_000 };

/** A service beside a fleet. */
export interface ClientSpace {
  readonly space: FleetSpace;
  readonly fleet: FleetConnection;
  /** Another service's connection; the caller closes it. */
  connect(databaseUrl?: string): Promise<FleetConnection>;
  tenant(tenant: string, quota: Partial<UpstreamQuota>): Promise<void>;
  /** A client of Ann's, whose direct calls give `called`. */
  client(tenant: string, change?: Partial<QueuedClientOptions<Ga4ReportData>>, fleet?: FleetConnection): QueuedClient;
  /** Runs the tenant's reports, which give `worked`. */
  worker(tenantId: string, handler?: () => Promise<unknown>): TestLane;
  close(): Promise<void>;
}

/** Opens a space for one test file, with a service that is connected to it. */
export async function openClientSpace(): Promise<ClientSpace> {
  const space = await openFleetSpace();
  // The lanes' workers of these files run within them, so no process says that it lives, and no wait would be told.
  await space.redis.client.zadd(space.keys.workers, Date.now() + 3_600_000, 'within-the-test');
  const connect = (databaseUrl = inject('databaseUrl')): Promise<FleetConnection> =>
    openFleetConnection({
      redis: { url: inject('redisUrl') },
      prefix: space.prefix,
      databaseUrl,
      schema: space.prefix,
    });
  const fleet = await connect();
  return {
    space,
    fleet,
    connect,
    async tenant(tenant, quota) {
      const { db } = space.postgres;
      await insertTenant(db, { id: tenant, name: tenant, signingSecret: 'whsec_' });
      const whole = { callsPerWindow: null, windowMs: 60_000, callsAtATime: null, ...quota };
      await replaceTenantQuotas(db, tenant, new Map([['ga4', whole]]));
    },
    client: (tenant, change = {}, through = fleet) =>
      createQueuedClient(through, {
        tenant,
        user: 'ann',
        role: 'member',
        task: ga4RunReport,
        call: async () => 'called',
        ...change,
      }),
    worker(tenantId, handler = async () => 'worked') {
      const { name, queueClass } = ga4RunReport;
      return openTestLane(space, { tenantId, handler, task: { name, queueClass }, concurrency: 4 });
    },
    async close() {
      await fleet.close();
      await space.close();
    },
  };
}
