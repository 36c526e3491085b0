import { readFile } from 'node:fs/promises';
import { openFleetClient } from '@sluice/shared/client/openFleetClient';
import { createQueuedClient } from '@sluice/shared/client/queuedClient';
import { ga4RunReport } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { insertTenant } from '@sluice/shared/postgres/queries/tenants';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';

describe('docs/queued-client.md', () => {
  let space: FleetSpace;
  beforeAll(async () => {
    space = await openFleetSpace();
    await insertTenant(space.postgres.db, { id: 'acme', name: 'acme', signingSecret: 'whsec_' });
  });
  afterAll(() => space.close());

  it('has an example that runs as it is written', async () => {
    const page = await readFile(new URL('../../docs/queued-client.md', import.meta.url), 'utf8');
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    const code = example.replaceAll(/^import .*\n/gm, '');
    const open = (settings: object) =>
      openFleetClient({ ...settings, prefix: space.prefix, schema: space.prefix } as Parameters<
        typeof openFleetClient
      >[0]);
    const names = ['openFleetClient', 'createQueuedClient', 'ga4RunReport', 'redisUrl', 'databaseUrl', 'runReport'];
    const run = new Function(...names, `return (async () => { ${code}\nreturn report; })()`) as (
      ...values: unknown[]
    ) => Promise<unknown>;
    const runReport = async (report: { propertyId: string }) => `report of ${report.propertyId}`;
    const urls = [inject('redisUrl'), inject('databaseUrl')];
    expect(await run(open, createQueuedClient, ga4RunReport, ...urls, runReport)).toBe('report of 123456789');
  });
});
