import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import type { FleetConnection } from '@sluice/queued-client/internal';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTcpProxy } from '../../support/tcpProxy.js';
import { until } from '../../support/until.js';
import type { ClientSpace } from './support.js';
import { ONE_CALL, openClientSpace, REPORT } from './support.js';

/** Nobody listens there. */
const CLOSED_PORT = 9;

describe('cancelling a request whose row is not written yet', () => {
  let at: ClientSpace;
  beforeAll(async () => {
    at = await openClientSpace();
  });
  afterAll(() => at.close());

  const laneOf = (tenantId: string) => ({ tenantId, queueClass: 'ga4' }) as const;
  const waiting = async (tenant: string) => (await at.fleet.lanes.counts(laneOf(tenant))).waiting;
  const stateOf = async (tenant: string, id: string) =>
    (await readJobRow(at.space.postgres.db, tenant, id))?.state ?? null;

  /** The same fleet, where something happens right after a job was added: long before its row is written. */
  function rightAfterAdd(fleet: FleetConnection, then: (id: string) => void): FleetConnection {
    const accept: Acceptor['accept'] = async (job, ticket) => {
      const acceptance = await fleet.acceptor.accept(job, ticket);
      then(job.row.id);
      return acceptance;
    };
    return { ...fleet, acceptor: { ...fleet.acceptor, accept } };
  }

  it('takes the job out of its lane when the request is aborted right after the add', async () => {
    await at.tenant('early', ONE_CALL);
    const stop = new AbortController();
    const added = { id: '' };
    const fleet = rightAfterAdd(at.fleet, (id) => {
      added.id = id;
      stop.abort(new Error('enough'));
    });
    const client = at.client('early', {}, fleet);
    await client.request(REPORT);
    const stopped = client.request(REPORT, { durability: 'redis', signal: stop.signal });
    await expect(stopped).rejects.toThrow('enough');
    expect(await waiting('early')).toBe(0);
    expect(await stateOf('early', added.id)).toBe('cancelled');
  });

  it('tells its status and cancels it at once, for those who may', async () => {
    await at.tenant('gap', ONE_CALL);
    await at.tenant('gap-stranger', {});
    const seen: Promise<unknown>[] = [];
    const cancelled: Promise<unknown>[] = [];
    const others: Promise<PromiseSettledResult<void>[]>[] = [];
    const fleet = rightAfterAdd(at.fleet, (id) => {
      const bob = at.client('gap', { user: 'bob' }, fleet);
      const stranger = at.client('gap-stranger', { role: 'owner' }, fleet);
      others.push(Promise.allSettled([bob.cancel(id), stranger.cancel(id)]));
      seen.push(client.status(id));
      cancelled.push(client.cancel(id));
    });
    const client = at.client('gap', {}, fleet);
    await client.request(REPORT);
    const request = client.request(REPORT, { durability: 'redis' });
    await expect(request).rejects.toMatchObject({ code: 'wrong_state', message: expect.stringContaining('cancelled') });
    expect(await Promise.all(seen)).toMatchObject([{ attempts: 0 }]);
    expect(await Promise.all(cancelled)).toEqual([undefined]);
    expect(await Promise.all(others)).toMatchObject([
      [{ reason: { code: 'forbidden' } }, { reason: { code: 'not_found' } }],
    ]);
    expect(await waiting('gap')).toBe(0);
  });

  it('takes the job out of its lane while the ledger is away, which has it as cancelled when it is back', async () => {
    await at.tenant('away', ONE_CALL);
    const server = new URL(inject('databaseUrl'));
    const proxy = await startTcpProxy(Number(server.port));
    const through = new URL(server);
    through.port = String(proxy.port);
    const own = await at.connect(through.href);
    const stop = new AbortController();
    const added = { id: '' };
    const fleet = rightAfterAdd(own, (id) => {
      added.id = id;
      stop.abort(new Error('enough'));
    });
    const client = at.client('away', {}, fleet);
    await client.request(REPORT);
    proxy.redirect(CLOSED_PORT);
    proxy.cut();
    const stopped = client.request(REPORT, { durability: 'redis', signal: stop.signal });
    await expect(stopped).rejects.toThrow('enough');
    expect(await waiting('away')).toBe(0);
    expect(await stateOf('away', added.id)).toBeNull();
    proxy.redirect(Number(server.port));
    await until('the ledger has it', async () => (await stateOf('away', added.id)) === 'cancelled');
    await own.close();
    await proxy.stop();
  });
});
