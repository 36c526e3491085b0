import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, it } from 'vitest';
import type { EventStream } from '../../support/eventStream.js';
import { openEventStream } from '../../support/eventStream.js';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import type { HttpClient } from '../../support/httpClient.js';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { until } from '../../support/until.js';
import { claim, settle, submit } from '../producer/support.js';

let server: RedisServer;
let fleet: Fleet;
let acme: HttpClient;
beforeAll(async () => {
  server = await startRedisServer([]);
  fleet = await startFleet({}, { url: `redis://127.0.0.1:${server.port}` });
  acme = await fleet.tenant('acme');
});
afterAll(async () => {
  await fleet.close();
  await server.stop();
});

function follow(
  id: string,
  url = fleet.producer.url,
  more: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  return openEventStream(`${url}/api/v1/jobs/${id}/events`, { authorization: `Bearer ${acme.token}`, ...more });
}

it('goes on while Redis is away: states and the end come from the ledger, and another producer goes on where one ended', async () => {
  const elsewhere = await fleet.start('producer');
  const writer = createFeedWriter(
    fleet.space.redis.client,
    fleet.space.keys,
    createLogger('test', { level: 'silent' }),
  );
  const all = await openEventStream(`${fleet.producer.url}/api/v1/events`, { authorization: `Bearer ${acme.token}` });
  const [open, late] = [await submit(acme), await submit(acme)];
  const stream = await follow(open);
  const begun = await stream.seen('its state', ({ event }) => event === 'state');
  server.kill('SIGKILL');
  await until('it is noticed', () => fleet.space.redis.client.status !== 'ready');
  const event = { kind: 'state', tenantId: 'acme', queueClass: 'default', state: 'active', attempt: 1 } as const;
  writer.publish({ ...event, jobId: open });
  const opened = await follow(late);
  await opened.seen('the present', ({ event }) => event === 'state');
  await claim(fleet.space, open);
  await stream.seen('that it runs', ({ data }) => data.state === 'active');
  await settle(fleet.space, late, 'completed');
  await opened.seen('its end', ({ event }) => event === 'done');
  await opened.ended;

  server = await startRedisServer([`port ${server.port}`]);
  const again = await follow(open, elsewhere.url, { 'last-event-id': begun.id ?? '' });
  await again.seen('the present', ({ data }) => data.state === 'active');
  const third = await until('Redis is back', async () => {
    const job = await acme.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: {} });
    return job.state === 'queued' ? String(job.id) : null;
  });
  const fresh = await follow(third);
  await fresh.seen('a place', ({ event }) => event === 'position');
  await all.seen('that something was lost', ({ event: name }) => name === 'missed');
  await writer.stop(AbortSignal.timeout(1_000));
  for (const one of [all, stream, again, fresh]) one.close();
});
