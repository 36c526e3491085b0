import { readFile } from 'node:fs/promises';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { ga4RunReport } from '@sluice/ga4';
import { openGa4Calls } from '@sluice/ga4/server';
import type { FleetClient } from '@sluice/queued-client';
import { createQueuedClient, openFleetClient } from '@sluice/queued-client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import type { Ga4Server } from './ga4Server.js';
import { openGa4Server } from './ga4Server.js';

const VIEWS = { propertyId: '123456789', report: 'page_views' as const, startDate: '7daysAgo', endDate: 'today' };

describe('a service of one’s own, without any worker', () => {
  let space: FleetSpace;
  let server: Ga4Server;
  let fleet: FleetClient;
  beforeAll(async () => {
    space = await openFleetSpace();
    server = await openGa4Server();
    const tenant = { id: 'acme', name: 'acme', signingSecret: 'whsec_', ga4Properties: ['123456789'] };
    await insertTenant(space.postgres.db, tenant);
    fleet = await open({ redis: { url: inject('redisUrl') }, databaseUrl: inject('databaseUrl') });
  });
  afterAll(async () => {
    await fleet.close();
    await server.close();
    await space.close();
  });

  const open = (settings: Pick<Parameters<typeof openFleetClient>[0], 'redis' | 'databaseUrl'>): Promise<FleetClient> =>
    openFleetClient({ ...settings, prefix: space.prefix, schema: space.prefix });

  it('makes the direct call itself, with the rows that a job would have as its result', async () => {
    const ga4 = await openGa4Calls(fleet, { endpoint: server.url });
    const who = { tenant: 'acme', user: 'ann', role: 'member', task: ga4RunReport } as const;
    const client = createQueuedClient(fleet, { ...who, call: ga4.callFor('acme') });
    expect(await client.request(VIEWS)).toMatchObject({ propertyId: '123456789', rowCount: 48 });
    expect(server.calls).toEqual([expect.objectContaining({ status: 200 })]);
    client.close();
    await ga4.close();
  });

  it('reads no property that the tenant was not given', async () => {
    const ga4 = await openGa4Calls(fleet, { endpoint: server.url });
    const calls = server.calls.length;
    const data = ga4RunReport.data.parse({ ...VIEWS, propertyId: '5' });
    const context = { signal: new AbortController().signal };
    await expect(ga4.callFor('acme')(data, context)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(ga4.callFor('nobody')(data, context)).rejects.toMatchObject({ code: 'forbidden' });
    expect(server.calls).toHaveLength(calls);
    await ga4.close();
  });

  it('is the example of docs/ga4.md, which runs as it is written', async () => {
    const page = await readFile(new URL('../../docs/ga4.md', import.meta.url), 'utf8');
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    const code = example.replaceAll(/^import .*\n/gm, '');
    const names = ['openFleetClient', 'openGa4Calls', 'createQueuedClient', 'ga4RunReport', 'redisUrl', 'databaseUrl'];
    const run = new Function(...names, `return (async () => { ${code}\nreturn views; })()`) as (
      ...values: unknown[]
    ) => Promise<unknown>;
    const local = (one: FleetClient) => openGa4Calls(one, { endpoint: server.url });
    const urls = [inject('redisUrl'), inject('databaseUrl')];
    expect(await run(open, local, createQueuedClient, ga4RunReport, ...urls)).toMatchObject({ rowCount: 48 });
  });
});
