import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { appendToFeed } from '@sluice/fleet/redis/commands/feed';
import { bucketOf } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from '../producer/support.js';
import { claim, openProducer, PROBE, submit } from '../producer/support.js';

const JOBS = 1_000;

describe('streams that have much to tell', () => {
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

  async function open(path: string, lastEventId?: string): Promise<EventStream> {
    const from = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const stream = await openEventStream(producer.url + path, { authorization: `Bearer ${acme.token}`, ...from });
    streams.push(stream);
    return stream;
  }
  const ids = ({ events }: EventStream): string[] => events.map(({ id }) => String(id));

  it('tells a client that reads of a thousand jobs that come at once, and again of those it missed, nothing twice', async () => {
    const live = await open('/api/v1/events');
    const jobs = Array.from({ length: JOBS }, () => PROBE);
    const { results } = await acme.expect(207, 'POST', '/api/v1/jobs/batch', { jobs });
    await until('all are told', () => live.events.length >= JOBS);
    const told = live.events.map(({ data }) => data.id);
    expect(new Set(told)).toEqual(new Set((results as { id: string }[]).map(({ id }) => id)));
    expect(told).toHaveLength(JOBS);

    for (const missed of [live.events[0], live.events[500]]) {
      const again = await open('/api/v1/events', missed?.id ?? '');
      const rest = ids(live).slice(ids(live).indexOf(missed?.id ?? '') + 1);
      await until('all that was missed is told', () => again.events.length >= rest.length);
      expect(ids(again)).toEqual(rest);
    }
  });

  it('says that something is missing when more happens at once than is told', async () => {
    const live = await open('/api/v1/events');
    const { redis, keys } = producer.space;
    const writer = createFeedWriter(redis.client, keys, createLogger('test', { level: 'silent' }));
    const event = { kind: 'state', tenantId: 'acme', queueClass: 'default', state: 'active', attempt: 1 } as const;
    const jobs = Array.from({ length: JOBS + 1 }, newId);
    for (const jobId of jobs) writer.publish({ ...event, jobId });
    await live.seen('that something is missing', ({ event: name }) => name === 'missed');
    expect(live.events.map(({ data }) => data.id)).toEqual([...jobs.slice(0, JOBS), undefined]);
    await writer.stop(AbortSignal.timeout(1_000));
  });

  it("tells thousands of a job's lines, while they come and to a client that comes back", async () => {
    const id = await submit(acme);
    const live = await open(`/api/v1/jobs/${id}/events`);
    const first = await live.seen('its state', ({ event }) => event === 'state');
    const { redis, keys } = producer.space;
    const texts = Array.from({ length: 3_000 }, (_, n) =>
      JSON.stringify({ kind: 'log', jobId: id, tenantId: 'acme', line: `${n} ${'y'.repeat(200)}` }),
    );
    await appendToFeed(redis.client, keys, bucketOf('acme'), texts);
    const numbers = (stream: EventStream): number[] =>
      stream.events.flatMap(({ event, data }) => (event === 'log' ? [Number.parseInt(String(data.line), 10)] : []));
    const all = texts.map((_, n) => n);
    await live.seen('the last line', ({ data }) => String(data.line).startsWith('2999 '));
    expect(numbers(live)).toEqual(all);
    const again = await open(`/api/v1/jobs/${id}/events`, first.id ?? '');
    await again.seen('the last line', ({ data }) => String(data.line).startsWith('2999 '));
    expect(numbers(again)).toEqual(all);
  });

  it('brings a client that reads to the end of more than may wait for it, by coming back', async () => {
    const job = newId();
    const live = await open('/api/v1/events');
    const { redis, keys } = producer.space;
    const line = 'z'.repeat(1_000);
    for (let page = 0; page < 10; page++) {
      const texts = Array.from({ length: 500 }, () =>
        JSON.stringify({ kind: 'log', jobId: job, tenantId: 'acme', line: `${page} ${line}` }),
      );
      await appendToFeed(redis.client, keys, bucketOf('acme'), texts);
    }
    const told = new Set<string>();
    await until('all are told', async () => {
      const stream = streams.at(-1) ?? live;
      await Promise.race([stream.ended, until('all', () => told.size + stream.events.length >= 5_000)]);
      for (const id of ids(stream)) {
        expect(told.has(id)).toBe(false);
        told.add(id);
      }
      if (told.size >= 5_000) return true;
      await open('/api/v1/events', [...told].at(-1));
      return false;
    });
  });

  it('tells the end of a job with the longest result', async () => {
    const id = await submit(acme);
    const fence = await claim(producer.space, id);
    const result = { text: 'r'.repeat(250_000) };
    const end = {
      state: 'completed',
      outcome: 'completed',
      result,
      error: null,
      death: null,
      retryInMs: null,
    } as const;
    await settleJobs(producer.space.postgres.db, [{ id, fence, ...end }]);
    const stream = await open(`/api/v1/jobs/${id}/events`);
    await stream.ended;
    expect(stream.events.at(-1)).toMatchObject({ event: 'done', data: { result } });
  });
});
