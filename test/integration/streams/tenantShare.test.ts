import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from '../producer/support.js';
import { openProducer } from '../producer/support.js';

/** With so few a tenant may have the least that is granted, which is 100. */
const MAX_STREAMS = 101;

let producer: TestProducer;
let acme: HttpClient;
let globex: HttpClient;
const streams: EventStream[] = [];
beforeAll(async () => {
  producer = await openProducer({ HTTP_MAX_STREAMS: String(MAX_STREAMS) });
  acme = await producer.user('acme');
  globex = await producer.user('globex');
});
afterAll(async () => {
  for (const stream of streams) stream.close();
  await producer.close();
});

async function open({ token }: HttpClient): Promise<EventStream> {
  const stream = await openEventStream(`${producer.url}/api/v1/events`, { authorization: `Bearer ${token}` });
  streams.push(stream);
  return stream;
}

it('leaves streams to other tenants when one takes all that it may have', async () => {
  const own = await Promise.all(Array.from({ length: 100 }, () => open(acme)));
  expect(own.map(({ status }) => status)).toEqual(Array(100).fill(200));
  const refused = await acme.call('GET', '/api/v1/events');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(refused.body).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('100 streams') });

  const theirs = await open(globex);
  expect(theirs.status).toBe(200);
  const full = await globex.call('GET', '/api/v1/events');
  expect([full.status, full.body.detail]).toEqual([503, 'Too many streams are open here.']);

  own[0]?.close();
  theirs.close();
  await until('there is room again', async () => (await open(acme)).status === 200);
});
