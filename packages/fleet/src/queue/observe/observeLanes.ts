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

/** BullMQ's keys that the script reads, in its order: those that hold jobs, then those that pause or limit them. */
const HOLDERS = ['wait', 'prioritized', 'active'];
const BRAKES = ['meta', 'limiter'];

/** Lanes per call: more would give the script more keys than Lua can hold at once. */
const LANES_PER_CALL = 1_000;

/** What a lane holds, and how fast it receives and runs jobs. */
export interface LaneSight {
  readonly name: string;
  /** Due and not running. */
  readonly waiting: number;
  readonly active: number;
  /** Paused by an operator. Not checked while nothing waits. */
  readonly paused: boolean;
  /** Remaining rate limit, in ms. Not checked while nothing waits. */
  readonly rateLimitedMs: number;
  /** Null when no job waits. */
  readonly nextJobId: string | null;
  /** Jobs added in total since Redis last lost its data. */
  readonly arrivals: number;
  /** Service time of its jobs, in ms; null before the first. */
  readonly serviceMs: number | null;
}

/** The lanes of one bucket at one moment. */
export interface BucketSight {
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
  readonly lanes: readonly LaneSight[];
}

/** Reads lanes of one bucket, in one call per thousand. Read-only. */
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
