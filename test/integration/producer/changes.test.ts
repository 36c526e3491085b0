import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import type { Lane } from '@sluice/shared/domain/lane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { claim, openProducer, PROBE, settle, submit } from './support.js';

const lane: Lane = { tenantId: 'acme', queueClass: 'default' };

describe('changes of a job', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  let lanes: ReturnType<typeof createLaneQueues>;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
    lanes = createLaneQueues(producer.space.redis.client, producer.space.keys);
  });
  afterAll(async () => {
    await lanes.close();
    await producer.close();
  });

  const stateOf = async (id: string) => (await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).state;

  it('refuses a second unfinished job of a dedupeKey, naming the first, and allows it once that is over', async () => {
    const id = await submit(acme, { dedupeKey: 'nightly' });
    const refused = await acme.call('POST', '/api/v1/jobs', { ...PROBE, dedupeKey: 'nightly' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'duplicate_job', jobId: id } });
    const racers = await Promise.all(
      Array.from({ length: 20 }, () => acme.call('POST', '/api/v1/jobs', { ...PROBE, dedupeKey: 'race' })),
    );
    expect(racers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(racers.filter(({ status }) => status === 409)).toHaveLength(19);
    await settle(producer.space, id, 'completed');
    await submit(acme, { dedupeKey: 'nightly' });
  });

  it('cancels a waiting job at once, in the ledger and in its lane', async () => {
    const id = await submit(acme);
    expect(await lanes.position(lane, id)).not.toBeNull();
    expect(await acme.expect(202, 'DELETE', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'cancelled' });
    expect(await lanes.position(lane, id)).toBeNull();
    expect(await acme.call('DELETE', `/api/v1/jobs/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'wrong_state' },
    });
  });

  it('tells the workers to stop a running job', async () => {
    const named: string[] = [];
    const { redis, keys } = producer.space;
    const listener = createSubscriber(redis.client, { [keys.cancelChannel]: (message) => named.push(message) });
    await listener.start();
    const id = await submit(acme);
    await claim(producer.space, id);
    expect(await acme.expect(202, 'DELETE', `/api/v1/jobs/${id}`)).toEqual({
      id,
      state: 'active',
      cancelRequested: true,
    });
    await until('the workers were told', () => named.includes(id));
    await listener.stop(AbortSignal.timeout(1_000));
  });

  it('runs a dead job again under its id, takes its note out of the dead letters, and refuses any other', async () => {
    const id = await submit(acme);
    expect((await acme.call('POST', `/api/v1/jobs/${id}/retry`)).status).toBe(409);
    await settle(producer.space, id, 'dead');
    await lanes.remove(lane, id);
    await lanes.addDeadLetter('acme', {
      jobId: id,
      task: 'system.probe',
      category: 'exhausted',
      error: { code: 'x', message: 'y' },
      attempts: 1,
    });
    expect(await stateOf(id)).toBe('dead');
    expect(await acme.expect(202, 'POST', `/api/v1/jobs/${id}/retry`)).toMatchObject({ id, state: 'queued' });
    expect(await lanes.position(lane, id)).not.toBeNull();
    const dead = lanes.queue({ tenantId: 'acme', queueClass: 'dead_letters' });
    expect(await dead.getJob(id)).toBeUndefined();
    await until('it is marked as queued', async () => (await stateOf(id)) === 'queued');
    const { timeline } = await acme.expect(200, 'GET', `/api/v1/jobs/${id}`);
    expect((timeline as { event: string }[]).map(({ event }) => event)).toContain('redriven');
    expect((await acme.call('POST', `/api/v1/jobs/${crypto.randomUUID()}/retry`)).status).toBe(404);
    expect((await acme.call('POST', '/api/v1/jobs/none/retry')).status).toBe(404);
  });

  it('lists dead letters by page and filter, and drives one back', async () => {
    const client = await producer.user('letters');
    const ids = await Promise.all(Array.from({ length: 5 }, () => submit(client)));
    for (const id of ids) await settle(producer.space, id, 'dead');
    // Many jobs can die in one commit; pages must not lose any of them.
    await producer.space.postgres.db.$client.query(
      "UPDATE dead_letters SET died_at = (SELECT min(died_at) FROM dead_letters WHERE tenant_id = 'letters') WHERE tenant_id = 'letters'",
    );
    const seen: { id: string; jobId: string }[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await client.expect(200, 'GET', `/api/v1/dead-letters?limit=2${more}`);
      seen.push(...(page.deadLetters as { id: string; jobId: string }[]));
      cursor = page.nextCursor;
    }
    expect(seen.map(({ jobId }) => jobId).sort()).toEqual([...ids].sort());
    expect(seen[0]).toMatchObject({ category: 'exhausted', severity: 'high', attempts: 1, redrivenAt: null });
    expect(await client.expect(200, 'GET', '/api/v1/dead-letters?severity=low')).toEqual({
      deadLetters: [],
      nextCursor: null,
    });
    expect((await client.call('GET', '/api/v1/dead-letters?cursor=abc')).status).toBe(400);

    const path = `/api/v1/dead-letters/${seen[0]?.id}/redrive`;
    expect(await client.expect(202, 'POST', path)).toMatchObject({ id: seen[0]?.jobId, state: 'queued' });
    expect((await client.call('POST', path)).status).toBe(409);
    expect((await client.call('POST', `/api/v1/dead-letters/${crypto.randomUUID()}/redrive`)).status).toBe(404);
  });

  it('does not bring back a dead job whose dedupeKey another has taken', async () => {
    const id = await submit(acme, { dedupeKey: 'taken' });
    await settle(producer.space, id, 'dead');
    await submit(acme, { dedupeKey: 'taken' });
    const refused = await acme.call('POST', `/api/v1/jobs/${id}/retry`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'duplicate_job' } });
  });
});
