import { createQueuedClient } from '@sluice/shared/client/queuedClient';
import { ga4RunReport } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { replaceTenantQuotas } from '@sluice/shared/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/shared/postgres/queries/tenants';
import { nowMs } from '../../harness/childCalls.js';
import { openBenchClient } from './openBenchClient.js';
import type { QueuePart } from './part.js';
import { repeat } from './repeat.js';

const TENANTS = 1_000;
const REQUESTS = 10_000;
const AT_ONCE = 100;
/** Never used up: a request that is queued would wait for a worker, and there is none. */
const QUOTA = { callsPerWindow: 1_000_000, windowMs: 3_600_000, callsAtATime: null };
const REPORT = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };

/** How many requests a second pass the queued client. */
export const clientRate: QueuePart = {
  name: 'client',
  summary: 'requests through the queued client, of 1,000 tenants',
  method: `One process, a client for each of ${TENANTS} tenants, ${AT_ONCE} requests at a time in turn over all of them; each takes its quota, which is never used up, in Redis and calls directly an upstream that answers at once.`,
  async measure(servers, { jobs, tenants, progress }) {
    await servers.clear();
    const fleet = await openBenchClient(servers);
    try {
      const names = Array.from({ length: tenants ?? TENANTS }, (_, index) => `client-${index}`);
      await repeat(names.length, 50, async (i) => {
        const id = names[i] ?? '';
        await insertTenant(servers.postgres.db, { id, name: id, signingSecret: 'whsec_' });
        await replaceTenantQuotas(servers.postgres.db, id, new Map([['ga4', QUOTA]]));
      });
      const clients = names.map((tenant) =>
        createQueuedClient(fleet, { tenant, user: 'ann', role: 'member', task: ga4RunReport, call: async () => true }),
      );
      const requests = jobs ?? REQUESTS;
      const startedMs = nowMs();
      await repeat(requests, AT_ONCE, async (i) => clients[i % clients.length]?.request(REPORT));
      const perSecond = (requests * 1_000) / (nowMs() - startedMs);
      const run = `${requests} requests of ${names.length} tenants: ${Math.round(perSecond)}/s`;
      progress(run);
      const alone = { reference: null, ratio: null };
      const row = { metric: `requests through the queued client, ${names.length} tenants`, unit: 'requests/s' };
      return {
        rows: [{ ...row, ours: perSecond, ...alone, target: 'ours >= 100', met: perSecond >= 100 }],
        runs: [run],
      };
    } finally {
      await fleet.close();
    }
  },
};
