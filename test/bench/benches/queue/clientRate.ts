import { replaceTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { ga4RunReport } from '@sluice/ga4';
import { createQueuedClient } from '@sluice/queued-client';
import type { FleetConnection } from '@sluice/queued-client/internal';
import { nowMs } from '../../harness/childCalls.js';
import type { BenchServers } from '../../harness/servers.js';
import type { Target } from '../../harness/target.js';
import { openBenchClient } from './openBenchClient.js';
import type { QueuePart } from './part.js';
import { ownRow } from './part.js';
import { measureQueuedRate, QUEUED_AT_ONCE } from './queuedRate.js';
import { repeat } from './repeat.js';

const TENANTS = 1_000;
const REQUESTS = 10_000;
const QUEUED_REQUESTS = 5_000;
const AT_ONCE = 100;
/** Never used up: what is queued is queued by the upstream's word. */
const QUOTA = { callsPerWindow: 1_000_000, windowMs: 3_600_000, callsAtATime: null };
const REPORT = { propertyId: '1', report: 'page_views' as const, startDate: '7daysAgo', endDate: 'today' };
const TARGET: Target = { of: 'ours', bound: 'at-least', value: 100 };

/** How many requests a second pass the queued client, directly and by way of the queue. */
export const clientRate: QueuePart = {
  name: 'client',
  summary: 'requests through the queued client, of 1,000 tenants: called directly, and queued',
  method:
    `One process, a client for each of ${TENANTS} tenants, ${AT_ONCE} requests at a time in turn over all of them; each takes its quota, ` +
    'which is never used up, in Redis and calls directly an upstream that answers at once. For the requests that are queued, ' +
    `${QUEUED_AT_ONCE} at a time, the direct call throws what a 429 with the shortest wait (1 ms) throws: each is written to the ledger, ` +
    "added to its tenant's lane, run by one worker process against a local server that speaks GA4's protocol and answers at once, " +
    'and resolves with the result in the ledger.',
  async measure(servers, { jobs, tenants, profileDir, progress }) {
    const names = Array.from({ length: tenants ?? TENANTS }, (_, index) => `client-${index}`);
    const perSecond = await measureDirectRate(servers, names, jobs ?? REQUESTS);
    const requests = jobs ?? QUEUED_REQUESTS;
    const run = `${jobs ?? REQUESTS} requests of ${names.length} tenants, called directly: ${Math.round(perSecond)}/s`;
    progress(run);
    const queuedPerSecond = await measureQueuedRate(servers, { tenants: names, requests, profileDir });
    const queuedRun = `${requests} requests of ${names.length} tenants, queued: ${Math.round(queuedPerSecond)}/s`;
    progress(queuedRun);
    const of = `${names.length} tenants`;
    return {
      rows: [
        ownRow(`requests through the queued client, ${of}`, 'requests/s', perSecond, TARGET),
        ownRow(`requests through the queued client that are queued, ${of}`, 'requests/s', queuedPerSecond, TARGET),
      ],
      runs: [run, queuedRun],
    };
  },
};

async function measureDirectRate(servers: BenchServers, names: readonly string[], requests: number): Promise<number> {
  await servers.clear();
  const fleet = await openBenchClient(servers);
  try {
    await openTenants(servers, names);
    const clients = names.map((tenant) => directClient(fleet, tenant));
    const startedMs = nowMs();
    await repeat(requests, AT_ONCE, async (i) => clients[i % clients.length]?.request(REPORT));
    return (requests * 1_000) / (nowMs() - startedMs);
  } finally {
    await fleet.close();
  }
}

async function openTenants({ postgres }: BenchServers, names: readonly string[]): Promise<void> {
  await repeat(names.length, 50, async (i) => {
    const id = names[i] ?? '';
    await insertTenant(postgres.db, { id, name: id, signingSecret: 'whsec_' });
    await replaceTenantQuotas(postgres.db, id, new Map([['ga4', QUOTA]]));
  });
}

function directClient(fleet: FleetConnection, tenant: string) {
  return createQueuedClient(fleet, { tenant, user: 'ann', role: 'member', task: ga4RunReport, call: async () => true });
}
