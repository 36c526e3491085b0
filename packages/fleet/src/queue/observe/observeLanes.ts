import { QueueKeys } from 'bullmq';
import { z } from 'zod';
import type { RedisClient } from '../../redis/client.js';
import { defineLua } from '../../redis/defineLua.js';
import type { FleetKeys } from '../../redis/keys.js';

const script = defineLua('observeLanes');
const amount = z.int().nonnegative();
const numbers = z.array(z.coerce.number<string>().nullable());
const held = z.tuple([amount, amount, amount, amount, amount, z.string()]);
const reply = z.tuple([amount, numbers, numbers, z.array(held)]);

/** BullMQ's keys that the script looks at, in its order: what may hold jobs, then what may hold them back. */
const HOLDERS = ['wait', 'prioritized', 'active'];
const BRAKES = ['meta', 'limiter'];

/** Lanes per call: more would give the script more keys than Lua can hold at once. */
const LANES_PER_CALL = 1_000;

/** What one lane holds, and how fast it gets and runs jobs. */
export interface LaneSight {
  readonly name: string;
  /** Due and not running. */
  readonly waiting: number;
  readonly active: number;
  /** By an operator. Not looked for while nothing waits. */
  readonly paused: boolean;
  /** How long a rate limit holds its jobs back, in ms. Not looked for while nothing waits. */
  readonly rateLimitedMs: number;
  /** Null when none waits. */
  readonly nextJobId: string | null;
  /** Jobs that were added ever, as long as Redis remembers. */
  readonly arrivals: number;
  /** How long its jobs take, in ms; null before the first. */
  readonly serviceMs: number | null;
}

/** Lanes of one bucket at one moment. */
export interface BucketSight {
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
  readonly lanes: readonly LaneSight[];
}

/** Looks at lanes of one bucket, all in one call unless they are more than a thousand. Changes nothing. */
export async function observeLanes(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  lanes: readonly string[],
): Promise<BucketSight> {
  const calls: Promise<BucketSight>[] = [];
  for (let from = 0; from < lanes.length; from += LANES_PER_CALL) {
    calls.push(observeSome(client, keys, bucket, lanes.slice(from, from + LANES_PER_CALL)));
  }
  const sights = await Promise.all(calls);
  return { nowMs: sights[0]?.nowMs ?? 0, lanes: sights.flatMap((sight) => sight.lanes) };
}

async function observeSome(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  lanes: readonly string[],
): Promise<BucketSight> {
  const names = new QueueKeys(keys.bucketPrefix(bucket));
  const keysOf = (types: readonly string[]): string[] =>
    lanes.flatMap((lane) => types.map((type) => names.toKey(lane, type)));
  const answer = await script.run(
    client,
    [keys.arrivals(bucket), keys.serviceTimes(bucket), ...keysOf(HOLDERS), ...keysOf(BRAKES)],
    lanes,
  );
  const [nowMs, arrivals, serviceTimes, figures] = reply.parse(answer);
  const found = new Map(figures.map(([index, ...figure]) => [index, sightOf(figure)]));
  return {
    nowMs,
    lanes: lanes.map((name, index) => ({
      name,
      ...(found.get(index) ?? NOTHING),
      arrivals: arrivals[index] ?? 0,
      serviceMs: serviceTimes[index] ?? null,
    })),
  };
}

type Held = Omit<LaneSight, 'name' | 'arrivals' | 'serviceMs'>;

const NOTHING: Held = { waiting: 0, active: 0, paused: false, rateLimitedMs: 0, nextJobId: null };

function sightOf([waiting, active, paused, rateLimitedMs, next]: [number, number, number, number, string]): Held {
  return { waiting, active, paused: paused === 1, rateLimitedMs, nextJobId: next === '' ? null : next };
}
