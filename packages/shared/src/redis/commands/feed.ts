import { Cluster } from 'ioredis';
import { z } from 'zod';
import type { JobEvent } from '../../contracts/jobEvents.js';
import { jobEventSchema } from '../../contracts/jobEvents.js';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Entries that a bucket's feed keeps, about; each holds the events of some milliseconds of one process. */
const KEPT_ENTRIES = 2_000;

/** Entries that are read of a bucket in one go. */
const ENTRIES_PER_READ = 500;

const events = z.array(jobEventSchema);

/** An event with its place in its bucket's feed, such as `1795256992691-0.3`. Places sort as {@link comparePlaces} says. */
export interface FedEvent {
  readonly place: string;
  readonly event: JobEvent;
}

/** Adds events to the feed of a bucket, as one entry. */
export async function appendToFeed(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  entry: readonly JobEvent[],
): Promise<void> {
  await client.xadd(keys.feed(bucket), 'MAXLEN', '~', KEPT_ENTRIES, '*', 'e', JSON.stringify(entry));
}

/** What a look at feeds found. */
export interface FeedPage {
  readonly bucket: number;
  readonly events: readonly FedEvent[];
  /** Where to go on from. */
  readonly next: string;
}

/**
 * What was added to feeds behind given entries: one command, or one for each bucket on a Cluster.
 * @param from bucket -> id of the last entry that was read
 */
export async function readFeeds(
  client: RedisClient,
  keys: FleetKeys,
  from: ReadonlyMap<number, string>,
): Promise<FeedPage[]> {
  if (from.size === 0) return [];
  const asked = [...from];
  const calls = client instanceof Cluster ? asked.map((one) => [one]) : [asked];
  const pages = await Promise.all(calls.map((some) => readSome(client, keys, some)));
  return pages.flat();
}

async function readSome(
  client: RedisClient,
  keys: FleetKeys,
  asked: readonly (readonly [number, string])[],
): Promise<FeedPage[]> {
  const names = asked.map(([bucket]) => keys.feed(bucket));
  const ids = asked.map(([, id]) => id);
  const found = await client.xread('COUNT', ENTRIES_PER_READ, 'STREAMS', ...names, ...ids);
  const byName = new Map((found ?? []).map(([name, entries]) => [String(name), entries]));
  return asked.flatMap(([bucket], index): FeedPage[] => {
    const entries = byName.get(names[index] ?? '') ?? [];
    const last = entries.at(-1);
    if (last === undefined) return [];
    return [{ bucket, events: entries.flatMap(([id, fields]) => toEvents(id, fields)), next: last[0] }];
  });
}

/** The id of the newest entry of a feed: from there on everything is new. `0-0` for an empty feed. */
export async function endOfFeed(client: RedisClient, keys: FleetKeys, bucket: number): Promise<string> {
  const [last] = await client.xrevrange(keys.feed(bucket), '+', '-', 'COUNT', 1);
  return last?.[0] ?? '0-0';
}

/** An entry of another version of the program, or one that somebody else wrote, is passed over. */
function toEvents(id: string, fields: readonly string[]): FedEvent[] {
  try {
    const parsed = events.parse(JSON.parse(fields[1] ?? ''));
    return parsed.map((event, index) => ({ place: `${id}.${index}`, event }));
  } catch {
    return [];
  }
}

/** Entries of one feed that are replayed at most to a client that comes back; one that missed more gets the present state. */
const MOST_REPLAYED = 2_000;

/**
 * The events of a bucket from an entry on, oldest first; null when the feed has forgotten some of them.
 * @param from id of the first entry that is wanted
 */
export async function replayFeed(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  from: string,
): Promise<FedEvent[] | null> {
  const name = keys.feed(bucket);
  const [oldest, entries] = await Promise.all([
    client.xrange(name, '-', '+', 'COUNT', 1),
    client.xrange(name, from, '+', 'COUNT', MOST_REPLAYED),
  ]);
  const first = oldest[0]?.[0];
  if (first === undefined || isAfter(first, from) || entries.length === MOST_REPLAYED) return null;
  return entries.flatMap(([id, fields]) => toEvents(id, fields));
}

function isAfter(id: string, other: string): boolean {
  const [ms = 0, seq = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherSeq = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && seq > otherSeq);
}
