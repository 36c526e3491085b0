import { request } from 'node:http';
import { appendToFeed } from '@sluice/fleet/redis/commands/feed';
import { bucketOf } from '@sluice/shared/domain/lane';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deleteKeys } from '../../support/deleteKeys.js';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from '../producer/support.js';
import { claim, openProducer, settle, submit } from '../producer/support.js';

describe('streams in trouble', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  const streams: EventStream[] = [];
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(() => producer.close());

  async function open(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    client = acme,
  ): Promise<EventStream> {
    const stream = await openEventStream(producer.url + path, { authorization: `Bearer ${client.token}`, ...headers });
    streams.push(stream);
    return stream;
  }
  const events = (id: string): string => `/api/v1/jobs/${id}/events`;
  const states = (stream: EventStream) =>
    stream.events.flatMap(({ event, data }) => (event === 'state' ? [data.state] : []));

  it('tells what the ledger says where nobody tells the feed', async () => {
    const id = await submit(acme);
    const stream = await open(events(id));
    await stream.seen('that it waits', ({ data }) => data.state === 'queued');
    // As a worker whose words are lost.
    await claim(producer.space, id);
    await stream.seen('that it runs', ({ data }) => data.state === 'active');
    const { rows } = await producer.space.postgres.db.$client.query('SELECT fence FROM jobs WHERE id = $1', [id]);
    expect(rows[0].fence).toBe(1);
  });

  it('takes no id for more than it is', async () => {
    const id = await submit(acme);
    for (const lastEventId of ['nonsense', '0-0.0', '999999999999999-0.0~active.9', '-', '1-1.1~dead.1.done']) {
      const stream = await open(events(id), { 'last-event-id': lastEventId });
      await stream.seen(`the present after ${lastEventId}`, ({ data }) => data.state === 'queued');
      stream.close();
    }
    const { status } = await acme.call('GET', events(id), undefined, { 'last-event-id': 'x'.repeat(65) });
    expect(status).toBe(400);
  });

  it('gives the present state to a client that comes back after Redis was emptied', async () => {
    const id = await submit(acme);
    const stream = await open(events(id));
    const { id: last } = await stream.seen('its state', ({ event }) => event === 'state');
    await until('the ledger knows that it was queued', async () => {
      const { rows } = await producer.space.postgres.db.$client.query('SELECT state FROM jobs WHERE id = $1', [id]);
      return rows[0].state === 'queued';
    });
    const tenantStream = await open('/api/v1/events', { 'last-event-id': last ?? '' });
    stream.close();
    await deleteKeys(producer.space.redis.client, producer.space.prefix);
    const again = await open(events(id), { 'last-event-id': last ?? '' });
    await again.seen('the present', ({ data }) => data.state === 'queued');
    const missed = await open('/api/v1/events', { 'last-event-id': last ?? '' });
    await missed.seen('that it missed something', ({ event }) => event === 'missed');
    await settle(producer.space, id, 'completed');
    const done = await again.seen('the end', ({ event }) => event === 'done');
    expect(states(again)).toEqual(['queued', 'completed']);
    expect(tenantStream.status).toBe(200);
    // A browser that has the end comes back no more.
    const answer = await acme.call('GET', events(id), undefined, { 'last-event-id': done.id ?? '' });
    expect(answer.status).toBe(204);
  });

  it('ends when the key is revoked, and when the tenant is deleted', async () => {
    const { id: keyId, key } = await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', {
      role: 'viewer',
    });
    const stream = await open('/api/v1/events', {}, producer.client(String(key)));
    expect((await producer.operator.call('DELETE', `/api/v1/admin/tenants/acme/keys/${keyId}`)).status).toBe(204);
    await stream.ended;
    const gone = await producer.user('gone');
    const theirs = await open('/api/v1/events', {}, gone);
    expect(theirs.status).toBe(200);
    expect((await producer.operator.call('DELETE', '/api/v1/admin/tenants/gone')).status).toBe(204);
    await theirs.ended;
  });

  it('answers HEAD without a stream, and any Accept', async () => {
    const id = await submit(acme);
    const head = await acme.call('HEAD', events(id));
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const stream = await open(events(id), { accept: 'application/json' });
    await stream.seen('something', () => true);
  });

  it('drops a client that does not read, and holds little for it meanwhile', async () => {
    const dropped = await metric('sluice_streams_dropped_total');
    const headers = { authorization: `Bearer ${acme.token}` };
    const slow = request(`${producer.url}/api/v1/events`, { headers });
    slow.on('error', () => undefined);
    const paused = new Promise<void>((resolve) => {
      slow.on('response', (response) => {
        response.pause();
        response.on('error', () => undefined);
        resolve();
      });
    });
    slow.end();
    await paused;
    const { redis, keys } = producer.space;
    const line = JSON.stringify({ kind: 'log', jobId: 'x', tenantId: 'acme', line: 'y'.repeat(1_000) });
    const many = Array.from({ length: 500 }, () => line);
    await until(
      'it is dropped',
      async () => {
        await appendToFeed(redis.client, keys, bucketOf('acme'), many);
        return (await metric('sluice_streams_dropped_total')) > dropped;
      },
      60_000,
    );
    slow.destroy();
  });

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${producer.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{`) || one.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
});
