import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import type { HttpClient } from '../../support/httpClient.js';

describe('streams of events', () => {
  let fleet: Fleet;
  let tenant: HttpClient;
  let other: HttpClient;
  const streams: EventStream[] = [];

  beforeAll(async () => {
    fleet = await startFleet();
    tenant = await fleet.tenant('acme');
    other = await fleet.tenant('globex');
  });
  afterAll(async () => {
    for (const stream of streams) stream.close();
    await fleet.close();
  });

  async function submit(data: object, more: object = {}): Promise<string> {
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data, ...more });
    return String(id);
  }

  async function open(path: string, lastEventId?: string, client = tenant): Promise<EventStream> {
    const headers = {
      authorization: `Bearer ${client.token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const stream = await openEventStream(`${fleet.producer.url}${path}`, headers);
    streams.push(stream);
    return stream;
  }

  it('tells places that move while nobody works, then the life of the job, and ends with its result', async () => {
    const [first, second, third] = [await submit({}), await submit({}), await submit({ sleepMs: 300 })];
    const stream = await open(`/api/v1/jobs/${third}/events`);
    expect(stream.status).toBe(200);
    const place = await stream.seen('its place', ({ event }) => event === 'position');
    expect(place.data).toMatchObject({ position: 3, estimatedWaitMs: null, message: 'Position 3 in queue' });
    await tenant.expect(202, 'DELETE', `/api/v1/jobs/${first}`);
    await stream.seen('a better place', ({ event, data }) => event === 'position' && data.position === 2);
    await submit({}, { priority: 100 });
    await stream.seen('a worse place', ({ event, data }) => event === 'position' && data.position === 3);

    await fleet.start('worker');
    const done = await stream.seen('the end', ({ event }) => event === 'done');
    expect(done.data).toMatchObject({ id: third, state: 'completed', error: null });
    await stream.ended;
    const states = stream.events.flatMap(({ event, data }) => (event === 'state' ? [data.state] : []));
    expect(states).toEqual(['queued', 'active', 'completed']);
    expect(stream.events.at(-1)?.event).toBe('done');

    const late = await open(`/api/v1/jobs/${second}/events`);
    await late.seen('the end of a job that is over', ({ event }) => event === 'done');
    await late.ended;
  });

  it('goes on where a client was, without telling anything twice or leaving anything out', async () => {
    const id = await submit({ sleepMs: 3_000 });
    const stream = await open(`/api/v1/jobs/${id}/events`);
    const active = await stream.seen('its start', ({ data }) => data.state === 'active');
    stream.close();
    const again = await open(`/api/v1/jobs/${id}/events`, active.id ?? '');
    await again.seen('the end', ({ event }) => event === 'done');
    expect(again.events.flatMap(({ event, data }) => (event === 'state' ? [data.state] : []))).toEqual(['completed']);

    const replayed = await open(`/api/v1/jobs/${id}/events`, active.id ?? '');
    await replayed.seen('the end', ({ event }) => event === 'done');
    expect(replayed.events.map(({ event, data }) => [event, data.state])).toEqual([
      ['state', 'completed'],
      ['done', 'completed'],
    ]);
  });

  it("tells a tenant of all its jobs, and nobody of another's", async () => {
    const [own, foreign] = [await open('/api/v1/events'), await open('/api/v1/events', undefined, other)];
    const id = await submit({ note: 'canary' });
    await own.seen('the end', ({ data }) => data.id === id && data.state === 'completed');
    const { id: theirs } = await other.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: {} });
    await foreign.seen('their own', ({ data }) => data.id === theirs && data.state === 'completed');
    expect(foreign.events.filter(({ data }) => data.id !== theirs)).toEqual([]);
    expect((await open(`/api/v1/jobs/${id}/events`, undefined, other)).status).toBe(404);
  });

  it('ends open streams when the process stops, so that clients go elsewhere', async () => {
    const producer = await fleet.start('producer');
    const id = await submit({ sleepMs: 600_000 });
    const stream = await openEventStream(`${producer.url}/api/v1/jobs/${id}/events`, {
      authorization: `Bearer ${tenant.token}`,
    });
    await stream.seen('something', () => true);
    expect(await producer.stop()).toBe(0);
    await stream.ended;
    await tenant.expect(202, 'DELETE', `/api/v1/jobs/${id}`);
  });
});
