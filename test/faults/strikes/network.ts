import type { Link } from '../stand/link.js';
import type { Post } from '../stand/stand.js';
import type { Way, Weather } from '../stand/weather.js';
import type { Scene, Strike } from './scene.js';
import { anyOf } from './scene.js';

/** A link with high latency and low bandwidth: 80 ms each way, 128 KiB/s. */
const SLOW: Weather = { kind: 'slow', latencyMs: 80, bytesPerSecond: 131_072 };
const FROZEN: Weather = { kind: 'frozen' };

/** Longer than a lease and a lock, in ms. */
const PAST_LEASES_MS = 5_000;

const cutRedis: Strike = {
  name: 'cut-redis',
  summary: 'one process of each kind is cut off from Redis',
  strike: (scene) =>
    cut(
      scene,
      oneOfEach(scene).map(({ redis }) => redis),
    ),
};

const cutPostgres: Strike = {
  name: 'cut-postgres',
  summary: 'one process of each kind is cut off from PostgreSQL',
  strike: (scene) =>
    cut(
      scene,
      oneOfEach(scene).map(({ postgres }) => postgres),
    ),
};

const cutClients: Strike = {
  name: 'cut-clients',
  summary: 'clients are cut off from one producer',
  strike: (scene) => cut(scene, [anyOf(scene, 'producer').front]),
};

const loseAnswers: Strike = {
  name: 'lose-answers',
  summary: 'what a worker and a producer ask arrives, and the answers of Redis and PostgreSQL do not',
  strike: (scene) => freeze(scene, 'back'),
};

const loseQuestions: Strike = {
  name: 'lose-questions',
  summary: 'what a worker and a producer ask does not arrive',
  strike: (scene) => freeze(scene, 'there'),
};

const slow: Strike = {
  name: 'slow-network',
  summary: 'every way is slow and narrow, in both directions',
  async strike({ stand, lasts }) {
    const links = stand.posts.flatMap(linksOf);
    for (const link of links) link.set(SLOW, 'both');
    await lasts(6_000);
    for (const link of links) link.clear();
  },
};

async function cut({ lasts }: Scene, links: readonly (Link | null)[]): Promise<void> {
  for (const link of links) link?.cut();
  await lasts(PAST_LEASES_MS);
  for (const link of links) link?.clear();
}

async function freeze(scene: Scene, way: Way): Promise<void> {
  const links = [anyOf(scene, 'worker'), anyOf(scene, 'producer')].flatMap(linksOf);
  for (const link of links) link.set(FROZEN, way);
  await scene.lasts(PAST_LEASES_MS);
  for (const link of links) link.clear();
}

function oneOfEach(scene: Scene): Post[] {
  return (['producer', 'worker', 'scaler'] as const).map((role) => anyOf(scene, role));
}

function linksOf({ redis, postgres }: Post): Link[] {
  return redis === null ? [postgres] : [redis, postgres];
}

/** Network faults between processes. */
export const NETWORK_STRIKES: readonly Strike[] = [cutRedis, cutPostgres, cutClients, loseAnswers, loseQuestions, slow];
