import { createFeedReader } from '@sluice/fleet/feed/feedReader';
import type { QueuedNotice } from '@sluice/queued-client';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import type { ClientSpace } from './support.js';
import { ONE_CALL, openClientSpace, REPORT } from './support.js';

describe('what a queued request tells', () => {
  let at: ClientSpace;
  beforeAll(async () => {
    at = await openClientSpace();
  });
  afterAll(() => at.close());

  for (const durability of ['ledger', 'redis'] as const) {
    it(`tells whoever listens to its tenant that it is queued (${durability})`, async () => {
      const tenant = `told-${durability}`;
      await at.tenant(tenant, ONE_CALL);
      const { redis, keys } = at.space;
      const log = createLogger('test', { level: 'silent' });
      const reader = createFeedReader({
        client: redis.client,
        keys,
        log,
        now: Date.now,
        overhear: () => undefined,
      });
      await reader.start();
      const states: string[] = [];
      const listening = await reader.listen({ tenantId: tenant, jobId: null }, ({ event }) => {
        if (event.kind === 'state') states.push(`${event.queueClass} ${event.state}`);
      });
      const client = at.client(tenant);
      await client.request(REPORT);
      const queued = client.request(REPORT, { durability });
      await until('it is told', () => states.length > 0);
      expect(states).toEqual(['ga4 queued']);
      client.close();
      await expect(queued).rejects.toMatchObject({ code: 'unavailable' });
      listening.stop();
      await reader.stop(AbortSignal.timeout(1_000));
    });
  }

  it("tells a place anew when another service's request goes before", async () => {
    await at.tenant('passed', ONE_CALL);
    const ann = at.client('passed');
    await ann.request(REPORT);
    const places: (number | null)[] = [];
    const first = ann.request(REPORT, { priority: 10, onQueued: ({ position }) => void places.push(position) });
    await until('it knows its place', () => places.at(-1) === 1);
    const otherFleet = await at.connect();
    const bob = at.client('passed', { user: 'bob' }, otherFleet);
    const second = bob.request(REPORT, { priority: 90 });
    await until('its place has moved', () => places.at(-1) === 2, 10_000);
    for (const client of [ann, bob]) client.close();
    await Promise.allSettled([first, second]);
    await otherFleet.close();
  });

  it('tells that a request is queued, also where nobody can see its place', async () => {
    await at.tenant('blind', ONE_CALL);
    const blind = { ...at.fleet, estimates: { ...at.fleet.estimates, facts: async () => null } };
    const client = at.client('blind', {}, blind);
    await client.request(REPORT);
    const asked = new Promise<QueuedNotice>((resolve) => {
      client.request(REPORT, { onQueued: resolve }).catch(() => undefined);
    });
    expect(await asked).toMatchObject({
      position: null,
      estimatedWaitMs: null,
      message: 'Queued, position unknown',
    });
    client.close();
  });

  it('takes no harm from what it tells and throws, at once or later', async () => {
    await at.tenant('throws', { callsPerWindow: 1, windowMs: 1_000 });
    const worker = at.worker('throws');
    const client = at.client('throws');
    await client.request(REPORT);
    const atOnce = (): void => {
      throw new Error('at once');
    };
    const later = async (): Promise<void> => {
      throw new Error('later');
    };
    const requests = [atOnce, later].map((onQueued) => client.request(REPORT, { onQueued }));
    expect(await Promise.all(requests)).toEqual(['worked', 'worked']);
    await worker.close();
  });
});
