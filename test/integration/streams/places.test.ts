import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { laneKeysOf } from '@sluice/fleet/queue/laneKeys';
import { readLaneSnapshot } from '@sluice/fleet/redis/commands/readLaneSnapshot';
import { laneName } from '@sluice/shared/domain/lane';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEventStream } from '../../support/eventStream.js';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from '../producer/support.js';
import { openProducer, submit } from '../producer/support.js';

const lane = { tenantId: 'acme', queueClass: 'default' } as const;
const name = laneName(lane);

let producer: TestProducer;
let acme: HttpClient;
let queue: Queue;
beforeAll(async () => {
  producer = await openProducer();
  acme = await producer.user('acme');
  const { redis, keys } = producer.space;
  queue = new Queue(name, { connection: redis.client, prefix: keys.queuePrefix('acme') });
});
afterAll(async () => {
  await queue.close();
  await producer.close();
});

it('counts jobs of plain BullMQ clients, which run before all of ours, in every place that it tells', async () => {
  const [first, second] = [await submit(acme), await submit(acme)];
  const delayed = await submit(acme, { delayMs: 600_000 });
  const plain: string[] = [];
  for (let count = 0; count < 3; count++) plain.push(String((await queue.add('system.probe', {})).id));

  const { position } = await acme.expect(200, 'GET', `/api/v1/jobs/${second}`);
  expect(position).toBe(5);
  const stream = await openEventStream(`${producer.url}/api/v1/jobs/${second}/events`, {
    authorization: `Bearer ${acme.token}`,
  });
  const told = await stream.seen('its place', ({ event }) => event === 'position');
  expect(told.data.position).toBe(position);
  stream.close();

  const { redis, keys } = producer.space;
  const ids = [...plain, first, second, delayed, 'nobody'];
  const queues = createLaneQueues(redis.client, keys);
  const positions = await queues.positions(lane, ids);
  await queues.close();
  const { places } = await readLaneSnapshot(
    redis.client,
    keys,
    { ...lane, name, laneKeys: laneKeysOf(keys, name) },
    ids,
  );
  expect(places.map((place) => (place.kind === 'waiting' ? place.position : null))).toEqual(positions);
  expect(positions).toEqual([1, 2, 3, 4, 5, null, null]);
});
