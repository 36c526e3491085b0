import { ga4RunReport } from '@sluice/ga4';
import type { Quotas } from '@sluice/limits';
import { createQuotas } from '@sluice/limits';
import type { QueuedNotice } from '@sluice/queued-client';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { systemProbe } from '@sluice/tasks/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import type { ClientSpace } from './support.js';
import { openClientSpace, REPORT } from './support.js';

const UPSTREAM = ga4RunReport.upstream as Upstream;

describe('createQueuedClient', () => {
  let at: ClientSpace;
  beforeAll(async () => {
    at = await openClientSpace();
  });
  afterAll(() => at.close());

  for (const durability of ['ledger', 'redis'] as const) {
    it(`answers every request either way, and never exceeds the quota (${durability})`, async () => {
      const tenant = `either-${durability}`;
      await at.tenant(tenant, { callsPerWindow: 5, windowMs: 3_000 });
      const calls: number[] = [];
      const note = async (result: string) => {
        calls.push(Date.now());
        return result;
      };
      const worker = at.worker(tenant, () => note('worked'));
      const client = at.client(tenant, { call: () => note('called') });
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
      // One that a worker looks at just then has no place.
      const told = notices.map(({ message }) => message);
      expect(told).toContainEqual(expect.stringMatching(/^Position \d+ in queue, ~\d+s wait$/));
      expect(new Set(notices.map(({ id }) => id)).size).toBeGreaterThan(1);
      await worker.close();
    });
  }

  it('queues a request whose direct call met an upstream that asks to wait, and throws any other error as it is', async () => {
    await at.tenant('paced', {});
    const worker = at.worker('paced');
    const paced = at.client('paced', {
      call: async () => {
        throw new PacedError('slowly', 300);
      },
    });
    expect(await paced.request(REPORT)).toBe('worked');
    const broken = at.client('paced', {
      call: async () => {
        throw new TypeError('broken');
      },
    });
    await expect(broken.request(REPORT)).rejects.toThrow(TypeError);
    await worker.close();
  });

  it('queues requests while the upstream is down, which failing direct calls find out, and calls again when it is back', async () => {
    await at.tenant('down', {});
    const circuit = { failures: 2, withinMs: 60_000, restMs: 700, probeEveryMs: 50, successes: 1 };
    const { client: redis, keys } = { client: at.space.redis.client, keys: at.space.keys };
    const read = async () => new Map();
    const quotas = createQuotas({ client: redis, keys, read, now: Date.now, circuit });
    let isDown = true;
    let calls = 0;
    const call = async () => {
      calls++;
      if (isDown) throw new FleetError('upstream_failed', 'GA4 failed (INTERNAL)');
      return 'called';
    };
    const client = at.client('down', { call }, { ...at.fleet, quotas });
    const kindOf = async () => (await quotas.state('down', UPSTREAM)).circuit?.sight.kind;
    for (let i = 0; i < 2; i++) await expect(client.request(REPORT)).rejects.toThrow('GA4 failed');
    await until('the circuit is open', async () => (await kindOf()) === 'open');
    async function expectQueued(): Promise<void> {
      const stop = new AbortController();
      const queued = client.request(REPORT, { signal: stop.signal, onQueued: () => stop.abort(new Error('enough')) });
      await expect(queued).rejects.toThrow('enough');
    }
    await expectQueued();
    expect(calls).toBe(2);
    await until('its rest is over', async () => (await kindOf()) === 'half-open');
    await expectQueued();
    expect(calls).toBe(3);
    await until('the probe that failed opened it again', async () => (await kindOf()) === 'open');
    isDown = false;
    await until('its rest is over', async () => (await kindOf()) === 'half-open');
    expect(await client.request(REPORT)).toBe('called');
    await until('it is closed', async () => (await kindOf()) === 'closed');
  });

  it('leaves an upstream alone for twice as long when it asks to wait again and names no time', async () => {
    await at.tenant('paced-twice', {});
    const task = { ...ga4RunReport, retry: { ...ga4RunReport.retry, baseMs: 500 } };
    const blocks: number[] = [];
    const quotas: Quotas = {
      ...at.fleet.quotas,
      block: (tenantId, upstream, forMs) => {
        blocks.push(forMs);
        return at.fleet.quotas.block(tenantId, upstream, forMs);
      },
    };
    const call = async () => {
      throw new PacedError('slowly', null);
    };
    const client = at.client('paced-twice', { task, call }, { ...at.fleet, quotas });
    for (const times of [1, 2, 3]) {
      await until('the upstream may be called', async () => (await client.queueStatus()).quotaRefillsInMs === 0);
      const stop = new AbortController();
      // Nobody waits behind it, so the next one calls directly again.
      const request = client.request(REPORT, { signal: stop.signal, onQueued: () => stop.abort(new Error('enough')) });
      await expect(request).rejects.toThrow('enough');
      expect(blocks).toHaveLength(times);
    }
    expect(blocks).toEqual([500, 1_000, 2_000]);
  });

  it('does not pass those of its tenant that wait', async () => {
    await at.tenant('behind', { callsAtATime: 1 });
    const client = at.client('behind', { call: () => new Promise((resolve) => setTimeout(resolve, 300, 'called')) });
    const first = client.request(REPORT);
    await until('a call is under way', async () => (await client.queueStatus()).quotaRefillsInMs !== null);
    const second = client.request(REPORT);
    await until('one waits', async () => (await client.queueStatus()).waiting === 1);
    expect(await first).toBe('called');
    const third = client.request(REPORT);
    await until('both wait', async () => (await client.queueStatus()).waiting === 2);
    const worker = at.worker('behind');
    expect(await Promise.all([second, third])).toEqual(['worked', 'worked']);
    await worker.close();
  });

  it("throws the job's error by its code", async () => {
    await at.tenant('dies', { callsPerWindow: 1, windowMs: 1_000 });
    const worker = at.worker('dies', async () => {
      throw new FleetError('upstream_refused', 'no such property');
    });
    const client = at.client('dies');
    await client.request(REPORT);
    await expect(client.request(REPORT)).rejects.toMatchObject({
      code: 'upstream_refused',
      message: 'no such property',
    });
    await worker.close();
  });

  it('cancels, and tells status and place, of what the user may see alone', async () => {
    await at.tenant('roles', { callsPerWindow: 1, windowMs: 600_000 });
    await at.tenant('others', {});
    const ann = at.client('roles');
    await ann.request(REPORT);
    const asked = new Promise<QueuedNotice>((resolve) => {
      ann.request(REPORT, { onQueued: resolve }).catch(() => undefined);
    });
    const { id, position } = await asked;
    expect(position).toBe(1);
    expect(await ann.position(id)).toBe(1);
    expect(await ann.status(id)).toMatchObject({ id, state: 'queued', position: 1, attempts: 0 });
    const bob = at.client('roles', { user: 'bob' });
    await expect(bob.status(id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(bob.cancel(id)).rejects.toMatchObject({ code: 'forbidden' });
    const stranger = at.client('others', { role: 'owner' });
    for (const look of ['status', 'position', 'cancel'] as const) {
      await expect(stranger[look](id)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(ann.status('x')).rejects.toMatchObject({ code: 'not_found' });
    expect(await at.client('roles', { user: 'eve', role: 'admin' }).status(id)).toMatchObject({ state: 'queued' });
    await at.client('roles', { user: 'eve', role: 'owner' }).cancel(id);
    expect(await ann.status(id)).toMatchObject({ state: 'cancelled', position: null });
    await expect(ann.cancel(id)).rejects.toMatchObject({ code: 'wrong_state' });
  });

  it('cancels the job of a request whose signal aborts, and leaves that of a client that closes', async () => {
    await at.tenant('aborts', { callsPerWindow: 1, windowMs: 600_000 });
    const client = at.client('aborts');
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
    expect(() => at.client('NO SUCH')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => at.client('acme', { user: '' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const noRole = { role: 'king' as never };
    expect(() => at.client('acme', noRole)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const noUpstream = { task: systemProbe as never };
    expect(() => at.client('acme', noUpstream)).toThrow(expect.objectContaining({ code: 'configuration' }));
    await expect(at.client('nobody').request(REPORT)).rejects.toMatchObject({ code: 'not_found' });
    await at.tenant('checked', {});
    const checked = at.client('checked');
    await expect(checked.request({ ...REPORT, propertyId: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(checked.request(REPORT, { priority: 101 })).rejects.toThrow();
  });
});
