import type { FleetClient } from '@sluice/shared/client/openFleetClient';
import { openFleetClient } from '@sluice/shared/client/openFleetClient';
import type { QueuedClientOptions } from '@sluice/shared/client/queuedClient';
import { createQueuedClient } from '@sluice/shared/client/queuedClient';
import type { QueuedNotice } from '@sluice/shared/client/tellPlaces';
import type { Ga4ReportData } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { ga4RunReport } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { systemProbe } from '@sluice/shared/contracts/tasks/systemProbe';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { replaceTenantQuotas } from '@sluice/shared/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/shared/postgres/queries/tenants';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import { openTestLane } from '../worker/support.js';

const REPORT = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };

describe('createQueuedClient', () => {
  let space: FleetSpace;
  let fleet: FleetClient;
  beforeAll(async () => {
    space = await openFleetSpace();
    // The lanes' workers of this file run within it, so no process says that it lives.
    await space.redis.client.zadd(space.keys.workers, Date.now() + 3_600_000, 'within-the-test');
    fleet = await openFleetClient({
      redis: { url: inject('redisUrl') },
      prefix: space.prefix,
      databaseUrl: inject('databaseUrl'),
      schema: space.prefix,
    });
  });
  afterAll(async () => {
    await fleet.close();
    await space.close();
  });

  async function openTenant(tenant: string, quota: Partial<UpstreamQuota>) {
    const { db } = space.postgres;
    await insertTenant(db, { id: tenant, name: tenant, signingSecret: 'whsec_' });
    const whole = { callsPerWindow: null, windowMs: 60_000, callsAtATime: null, ...quota };
    await replaceTenantQuotas(db, tenant, new Map([['ga4', whole]]));
  }

  function openClient(tenant: string, change: Partial<QueuedClientOptions<Ga4ReportData>> = {}) {
    return createQueuedClient(fleet, {
      tenant,
      user: 'ann',
      role: 'member',
      task: ga4RunReport,
      call: async () => 'called',
      ...change,
    });
  }

  function openWorker(tenantId: string, handler: () => Promise<unknown> = async () => 'worked') {
    const { name, queueClass } = ga4RunReport;
    return openTestLane(space, { tenantId, handler, task: { name, queueClass }, concurrency: 4 });
  }

  for (const durability of ['ledger', 'redis'] as const) {
    it(`answers every request either way, and never exceeds the quota (${durability})`, async () => {
      const tenant = `either-${durability}`;
      await openTenant(tenant, { callsPerWindow: 5, windowMs: 3_000 });
      const calls: number[] = [];
      const note = async (result: string) => {
        calls.push(Date.now());
        return result;
      };
      const worker = openWorker(tenant, () => note('worked'));
      const client = openClient(tenant, { call: () => note('called') });
      const notices: QueuedNotice[] = [];
      const onQueued = (notice: QueuedNotice) => void notices.push(notice);
      const results = await Promise.all(
        Array.from({ length: 12 }, () => client.request(REPORT, { durability, onQueued })),
      );
      expect(results.filter((result) => result === 'called')).toHaveLength(5);
      expect(results.filter((result) => result === 'worked')).toHaveLength(7);
      for (const [index, at] of calls.entries()) {
        const fiveBefore = calls[index - 5];
        if (fiveBefore !== undefined) expect(at - fiveBefore).toBeGreaterThanOrEqual(2_900);
      }
      expect(notices[0]?.message).toMatch(/^Position \d+ in queue, ~\d+s wait$/);
      expect(new Set(notices.map(({ id }) => id)).size).toBeGreaterThan(1);
      await worker.close();
    });
  }

  it('queues a request whose direct call met an upstream that asks to wait, and throws any other error as it is', async () => {
    await openTenant('paced', {});
    const worker = openWorker('paced');
    const paced = openClient('paced', {
      call: async () => {
        throw new PacedError('slowly', 300);
      },
    });
    expect(await paced.request(REPORT)).toBe('worked');
    const broken = openClient('paced', {
      call: async () => {
        throw new TypeError('broken');
      },
    });
    await expect(broken.request(REPORT)).rejects.toThrow(TypeError);
    await worker.close();
  });

  it('does not pass those of its tenant that wait', async () => {
    await openTenant('behind', { callsAtATime: 1 });
    const client = openClient('behind', { call: () => new Promise((resolve) => setTimeout(resolve, 300, 'called')) });
    const first = client.request(REPORT);
    await until('a call is under way', async () => (await client.queueStatus()).quotaRefillsInMs !== null);
    const second = client.request(REPORT);
    await until('one waits', async () => (await client.queueStatus()).waiting === 1);
    expect(await first).toBe('called');
    const third = client.request(REPORT);
    await until('both wait', async () => (await client.queueStatus()).waiting === 2);
    const worker = openWorker('behind');
    expect(await Promise.all([second, third])).toEqual(['worked', 'worked']);
    await worker.close();
  });

  it("throws the job's error by its code", async () => {
    await openTenant('dies', { callsPerWindow: 1, windowMs: 1_000 });
    const worker = openWorker('dies', async () => {
      throw new FleetError('upstream_refused', 'no such property');
    });
    const client = openClient('dies');
    await client.request(REPORT);
    await expect(client.request(REPORT)).rejects.toMatchObject({
      code: 'upstream_refused',
      message: 'no such property',
    });
    await worker.close();
  });

  it('cancels, and tells status and place, of what the user may see alone', async () => {
    await openTenant('roles', { callsPerWindow: 1, windowMs: 600_000 });
    await openTenant('others', {});
    const ann = openClient('roles');
    await ann.request(REPORT);
    const asked = new Promise<QueuedNotice>((resolve) => {
      ann.request(REPORT, { onQueued: resolve }).catch(() => undefined);
    });
    const { id, position } = await asked;
    expect(position).toBe(1);
    expect(await ann.position(id)).toBe(1);
    expect(await ann.status(id)).toMatchObject({ id, state: 'queued', position: 1, attempts: 0 });
    const bob = openClient('roles', { user: 'bob' });
    await expect(bob.status(id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(bob.cancel(id)).rejects.toMatchObject({ code: 'forbidden' });
    const stranger = openClient('others', { role: 'owner' });
    for (const look of ['status', 'position', 'cancel'] as const) {
      await expect(stranger[look](id)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(ann.status('x')).rejects.toMatchObject({ code: 'not_found' });
    expect(await openClient('roles', { user: 'eve', role: 'admin' }).status(id)).toMatchObject({ state: 'queued' });
    await openClient('roles', { user: 'eve', role: 'owner' }).cancel(id);
    expect(await ann.status(id)).toMatchObject({ state: 'cancelled', position: null });
    await expect(ann.cancel(id)).rejects.toMatchObject({ code: 'wrong_state' });
  });

  it('cancels the job of a request whose signal aborts, and leaves that of a client that closes', async () => {
    await openTenant('aborts', { callsPerWindow: 1, windowMs: 600_000 });
    const client = openClient('aborts');
    await client.request(REPORT);
    const stop = new AbortController();
    const queued = { id: '' };
    const stopped = client.request(REPORT, {
      signal: stop.signal,
      onQueued: ({ id }) => void Object.assign(queued, { id }),
    });
    await until('it is queued', () => queued.id !== '');
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect(await client.status(queued.id)).toMatchObject({ state: 'cancelled' });
    const left = { id: '' };
    const leaving = client.request(REPORT, { onQueued: ({ id }) => void Object.assign(left, { id }) });
    await until('it is queued', () => left.id !== '');
    client.close();
    await expect(leaving).rejects.toMatchObject({ code: 'unavailable' });
    await expect(client.request(REPORT)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await client.status(left.id)).toMatchObject({ state: 'queued' });
  });

  it('refuses tenants, users, roles, tasks and data that cannot be', async () => {
    expect(() => openClient('NO SUCH')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => openClient('acme', { user: '' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const noRole = { role: 'king' as never };
    expect(() => openClient('acme', noRole)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const noUpstream = { task: systemProbe as never };
    expect(() => openClient('acme', noUpstream)).toThrow(expect.objectContaining({ code: 'configuration' }));
    await expect(openClient('nobody').request(REPORT)).rejects.toMatchObject({ code: 'not_found' });
    await openTenant('checked', {});
    const checked = openClient('checked');
    await expect(checked.request({ ...REPORT, propertyId: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(checked.request(REPORT, { priority: 101 })).rejects.toThrow();
  });
});
