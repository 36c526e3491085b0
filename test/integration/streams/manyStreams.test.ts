import { Agent, request } from 'node:http';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import type { HttpClient } from '../../support/httpClient.js';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { until } from '../../support/until.js';

/** `STREAMS=5000` measures what the design promises. */
const STREAMS = Number(process.env.STREAMS ?? 400);

let server: RedisServer;
let fleet: Fleet;
let acme: HttpClient;
const agent = new Agent({ keepAlive: false });
beforeAll(async () => {
  server = await startRedisServer([]);
  // A tenant may have a quarter of all.
  const most = String(Math.max(8_000, 4 * STREAMS));
  fleet = await startFleet(
    { HTTP_MAX_STREAMS: most, HTTP_MAX_CONNECTIONS: String(Number(most) + 2_000) },
    { url: `redis://127.0.0.1:${server.port}` },
  );
  acme = await fleet.tenant('acme');
});
afterAll(async () => {
  agent.destroy();
  await fleet.close();
  await server.stop();
});

/** What clients send: what one script asks for runs within the server. */
async function commands(client: RedisClient): Promise<number> {
  const info = await client.info('commandstats');
  return [...info.matchAll(/cmdstat_(?!info|zrank|llen|lpos)[^:]+:calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}

it('costs no command per open stream while nothing happens, and few while a lane moves', async () => {
  const ids: string[] = [];
  while (ids.length < STREAMS) {
    const jobs = Array.from({ length: Math.min(500, STREAMS - ids.length) }, () => ({
      task: 'system.probe',
      data: {},
    }));
    const { results } = await acme.expect(207, 'POST', '/api/v1/jobs/batch', { jobs });
    ids.push(...(results as { id: string }[]).map(({ id }) => id));
  }
  const moved = new Set<string>();
  let placed = 0;
  const open = (id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${acme.token}` };
      const asked = request(`${fleet.producer.url}/api/v1/jobs/${id}/events`, { headers, agent });
      let places = 0;
      asked.on('error', reject);
      asked.on('response', (response) => {
        response.on('error', () => undefined);
        response.setEncoding('utf8').on('data', (text: string) => {
          if (!text.includes('event: position')) return;
          places++;
          if (places === 1) placed++;
          else moved.add(id);
        });
        resolve();
      });
      asked.end();
    });
  for (let from = 0; from < ids.length; from += 100) await Promise.all(ids.slice(from, from + 100).map(open));
  await until('all know their place', () => placed === ids.length, 120_000);

  const { client } = fleet.space.redis;
  const reads = async (): Promise<number> => commandsOf(client, 'xread');
  async function during(ticks: number): Promise<number> {
    const [before, start] = [await commands(client), await reads()];
    await until('some time has passed', async () => (await reads()) - start >= ticks, 60_000);
    return (await commands(client)) - before - ((await reads()) - start);
  }
  // Some twenty reads of the feed take two seconds: nothing else is asked meanwhile, whoever listens.
  const idle = await during(20);
  expect(idle).toBeLessThan(100);

  await acme.expect(202, 'DELETE', `/api/v1/jobs/${ids[0]}`);
  const before = await commands(client);
  await until('all others have moved', () => moved.size >= ids.length - 1, 60_000);
  expect((await commands(client)) - before).toBeLessThan(100);
});

async function commandsOf(client: RedisClient, name: string): Promise<number> {
  const info = await client.info('commandstats');
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
}
