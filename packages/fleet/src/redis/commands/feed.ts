import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { jobEventSchema } from '@sluice/shared/contracts/jobEvents';
import { Cluster } from 'ioredis';
import { z } from 'zod';
import { behindEntry, comparePlaces } from '../../domain/feedPlace.js';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Approximate number of entries that a bucket's feed keeps; each holds a few milliseconds of one process's events. */
const KEPT_ENTRIES = 1_000;

/** Maximum entries per read of a bucket. */
const ENTRIES_PER_READ = 200;

const entrySchema = z.array(z.looseObject({ tenantId: z.string() }));

/**
 * An event with its place in its bucket's feed, such as `1795256992691-0.3`. Places sort as {@link comparePlaces} says.
 */
export interface FedEvent {
  readonly place: string;
  readonly event: JobEvent;
}

/** Selects the events of an entry by tenant: others are not even validated. */
export type WantedTenant = (tenantId: string) => boolean;

/**
 * Adds events to the feed of a bucket as one entry.
 * @param texts each event as JSON
 */
export async function appendToFeed(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  texts: readonly string[],
): Promise<void> {
  await client.xadd(keys.feed(bucket), 'MAXLEN', '~', KEPT_ENTRIES, '*', 'e', `[${texts.join(',')}]`);
}

/** New events of one bucket's feed. */
export interface FeedPage {
  readonly bucket: number;
  readonly events: readonly FedEvent[];
  /** Id of the last entry read, to continue from. */
  readonly next: string;
}

/**
 * Reads what was added to feeds after the given entries: one command, or one per bucket on a Cluster.
 * @param from bucket -> id of the last entry read
 */
export async function readFeeds(
  client: RedisClient,
  keys: FleetKeys,
  from: ReadonlyMap<number, string>,
  wanted: WantedTenant,
): Promise<FeedPage[]> {
  if (from.size === 0) return [];
  const asked = [...from];
  const calls = client instanceof Cluster ? asked.map((one) => [one]) : [asked];
  const pages = await Promise.all(calls.map((some) => readSome(client, keys, { asked: some, wanted })));
  return pages.flat();
}

async function readSome(
  client: RedisClient,
  keys: FleetKeys,
  { asked, wanted }: { readonly asked: readonly (readonly [number, string])[]; readonly wanted: WantedTenant },
): Promise<FeedPage[]> {
  const names = asked.map(([bucket]) => keys.feed(bucket));
  const ids = asked.map(([, id]) => id);
  const found = await client.xread('COUNT', ENTRIES_PER_READ, 'STREAMS', ...names, ...ids);
  const byName = new Map((found ?? []).map(([name, entries]) => [String(name), entries]));
  return asked.flatMap(([bucket], index): FeedPage[] => {
    const entries = byName.get(names[index] ?? '') ?? [];
    const last = entries.at(-1);
    if (last === undefined) return [];
    return [{ bucket, events: entries.flatMap(([id, fields]) => toEvents(id, fields, wanted)), next: last[0] }];
  });
}

/** The id of a feed's newest entry, after which everything is new; `0-0` for an empty feed. */
export async function endOfFeed(client: RedisClient, keys: FleetKeys, bucket: number): Promise<string> {
  const [last] = await client.xrevrange(keys.feed(bucket), '+', '-', 'COUNT', 1);
  return last?.[0] ?? '0-0';
}

/** Skips events written by another version of Sluice or by other programs. */
function toEvents(id: string, fields: readonly string[], wanted: WantedTenant): FedEvent[] {
  try {
    return entrySchema.parse(JSON.parse(fields[1] ?? '')).flatMap((value, index): FedEvent[] => {
      if (!wanted(value.tenantId)) return [];
      const { data } = jobEventSchema.safeParse(value);
      return data === undefined ? [] : [{ place: `${id}.${index}`, event: data }];
    });
  } catch {
    return [];
  }
}

/** Entries per read of a replay. */
const ENTRIES_PER_REPLAY = 100;

/** Approximate maximum events per replay call (the last entry is always complete); it bounds a slow reader's memory. */
const EVENTS_PER_REPLAY = 1_000;

/** Start of a replay and the events wanted. */
export interface ReplayFrom {
  readonly bucket: number;
  /** Id of the entry that the reader has partly or fully received. */
  readonly entry: string;
  /** Whether the reader has received all of it. */
  readonly isKnown: boolean;
  readonly wanted: (event: JobEvent) => boolean;
}

/** Events of a feed, oldest first. */
export interface ReplayedPage {
  readonly events: readonly FedEvent[];
  /** The entry to continue after; null at the end. */
  readonly next: string | null;
}

/**
 * Reads a bucket's events from an entry on; null when the feed is incomplete: the entry was trimmed, or never existed
 * (Redis was emptied, or the id is made up).
 */
export async function replayFeed(client: RedisClient, keys: FleetKeys, from: ReplayFrom): Promise<ReplayedPage | null> {
  const name = keys.feed(from.bucket);
  const page = await readPage(client, name, from);
  // Checked last: entries trimmed during the read may be missing from the page.
  return (await isInFeed(client, name, from.entry)) ? page : null;
}

async function readPage(
  client: RedisClient,
  name: string,
  { entry, isKnown, wanted }: ReplayFrom,
): Promise<ReplayedPage> {
  const events: FedEvent[] = [];
  for (let start = isKnown ? `(${entry}` : entry; ; ) {
    const entries = await client.xrange(name, start, '+', 'COUNT', ENTRIES_PER_REPLAY);
    for (const [id, fields] of entries) {
      events.push(...toEvents(id, fields, () => true).filter(({ event }) => wanted(event)));
      if (events.length >= EVENTS_PER_REPLAY) return { events, next: id };
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < ENTRIES_PER_REPLAY) return { events, next: null };
    start = `(${last[0]}`;
  }
}

/** Whether a feed still has everything after an entry, and has reached that entry. */
async function isInFeed(client: RedisClient, name: string, entry: string): Promise<boolean> {
  const [oldest, newest] = await Promise.all([
    client.xrange(name, '-', '+', 'COUNT', 1),
    client.xrevrange(name, '+', '-', 'COUNT', 1),
  ]);
  const [first, last] = [oldest[0]?.[0], newest[0]?.[0]];
  return first !== undefined && last !== undefined && !isAfter(first, entry) && !isAfter(entry, last);
}

function isAfter(id: string, other: string): boolean {
  return comparePlaces(behindEntry(id), behindEntry(other)) > 0;
}
