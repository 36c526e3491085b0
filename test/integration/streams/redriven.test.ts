import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { appendToFeed } from '@sluice/fleet/redis/commands/feed';
import { bucketOf } from '@sluice/shared/domain/lane';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import { claim, settle, submit } from '../producer/support.js';

describe('the stream of a dead job that was sent again', () => {
  let fleet: Fleet;
  let acme: HttpClient;
  const streams: EventStream[] = [];
  beforeAll(async () => {
    fleet = await startFleet();
    acme = await fleet.tenant('acme');
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(() => fleet.close());

  async function open(id: string, lastEventId?: string | null): Promise<EventStream> {
    const from = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
    const headers = { authorization: `Bearer ${acme.token}`, ...from };
    const stream = await openEventStream(`${fleet.producer.url}/api/v1/jobs/${id}/events`, headers);
    streams.push(stream);
    return stream;
  }
  const states = (stream: EventStream) =>
    stream.events.flatMap(({ event, data }) => (event === 'state' ? [data.state] : []));

  async function statusAfter(id: string, eventId: string | null): Promise<number> {
    const headers = { 'last-event-id': String(eventId) };
    return (await acme.call('GET', `/api/v1/jobs/${id}/events`, undefined, headers)).status;
  }

  async function die(id: string) {
    const stream = await open(id);
    await stream.seen('its state', ({ event }) => event === 'state');
    const { redis, keys } = fleet.space;
    // So that the feed knows where the client was.
    const line = { kind: 'log', jobId: id, tenantId: 'acme', line: 'hello' };
    await appendToFeed(redis.client, keys, bucketOf('acme'), [JSON.stringify(line)]);
    await stream.seen('a line', ({ event }) => event === 'log');
    await settle(fleet.space, id, 'dead');
    const done = await stream.seen('its death', ({ event }) => event === 'done');
    const told = await stream.seen('that it is dead', ({ event, data }) => event === 'state' && data.state === 'dead');
    return { doneId: done.id, deadId: told.id };
  }

  it('goes on with its new life for a client that has seen its end, or only its death', async () => {
    const id = await submit(acme);
    const { doneId, deadId } = await die(id);
    expect(await statusAfter(id, doneId)).toBe(204);
    await acme.expect(202, 'POST', `/api/v1/jobs/${id}/retry`);
    const [afterEnd, afterDeath] = [await open(id, doneId), await open(id, deadId)];
    for (const stream of [afterEnd, afterDeath]) await stream.seen('it waits', ({ data }) => data.state === 'queued');
    const fence = await claim(fleet.space, id);
    for (const stream of [afterEnd, afterDeath]) {
      await stream.seen('it runs', ({ data }) => data.state === 'active' && data.attempt === fence);
    }
    const end = {
      state: 'completed',
      outcome: 'completed',
      result: null,
      error: null,
      death: null,
      retryInMs: null,
    } as const;
    await settleJobs(fleet.space.postgres.db, [{ id, fence, ...end }]);
    for (const stream of [afterEnd, afterDeath]) {
      await stream.ended;
      expect(states(stream)).toEqual(['queued', 'active', 'completed']);
      expect(stream.events.at(-1)).toMatchObject({ event: 'done', data: { state: 'completed' } });
    }
  });

  it('tells another end to a client that has seen the first', async () => {
    await fleet.start('worker');
    const id = await submit(acme, { data: { fail: 'permanent', failTimes: 1 } });
    const first = await open(id);
    const dead = await first.seen('its death', ({ event }) => event === 'done');
    expect(dead.data.state).toBe('dead');
    await until(
      'it can be sent again',
      async () => (await acme.call('POST', `/api/v1/jobs/${id}/retry`)).status === 202,
    );
    await until(
      'it is completed',
      async () => (await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'completed',
    );
    const again = await open(id, dead.id);
    const done = await again.seen('the new end', ({ event }) => event === 'done');
    expect(states(again)).toEqual(['completed']);
    expect(await statusAfter(id, done.id)).toBe(204);
  });
});
