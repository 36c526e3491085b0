import { bucketOf } from '../domain/lane.js';
import type { PeriodicService } from '../lifecycle/runEvery.js';
import { runEvery } from '../lifecycle/runEvery.js';
import type { Log, Service } from '../lifecycle/service.js';
import type { RedisClient } from '../redis/client.js';
import type { FedEvent } from '../redis/commands/feed.js';
import { endOfFeed, readFeeds } from '../redis/commands/feed.js';
import type { FleetKeys } from '../redis/keys.js';

/** How often the feeds that somebody listens to are read, in ms. */
const READ_EVERY_MS = 100;

/** Gets the events of one tenant in their order. Must not throw. */
export type FeedListener = (event: FedEvent) => void;

/** Somebody listens. */
export interface Listening {
  /** Id of an entry of the feed: all that comes behind it is heard. */
  readonly behind: string;
  stop(): void;
}

/** Hears what happens to jobs. */
export interface FeedReader extends Service {
  /**
   * Listens to a tenant's events from now on. Resolves when it does, with the last entry before, and the way to end it.
   * Rejects when Redis cannot say where the feed ends.
   */
  listen(tenantId: string, listener: FeedListener): Promise<Listening>;
}

/** One read for all that listen, however many; none while nobody does. */
export function createFeedReader(client: RedisClient, keys: FleetKeys, log: Log): FeedReader {
  const listeners = new Map<string, Set<FeedListener>>();
  /** Bucket -> its tenants that somebody listens to. */
  const tenants = new Map<number, number>();
  /** Bucket -> id of the last entry that was read. */
  const read = new Map<number, string>();
  const openings = new Map<number, Promise<void>>();

  async function readOn(): Promise<void> {
    const asked = new Map(read);
    for (const page of await readFeeds(client, keys, asked)) {
      // The bucket may have lost its last listener while it was read, and got another.
      if (read.get(page.bucket) !== asked.get(page.bucket)) continue;
      read.set(page.bucket, page.next);
      for (const fed of page.events) {
        for (const listener of listeners.get(fed.event.tenantId) ?? []) listener(fed);
      }
    }
  }

  const loop: PeriodicService = runEvery('feed', READ_EVERY_MS, readOn, log);

  async function openBucket(bucket: number): Promise<void> {
    if (read.has(bucket)) return;
    let opening = openings.get(bucket);
    if (opening === undefined) {
      opening = endOfFeed(client, keys, bucket).then((id) => {
        read.set(bucket, id);
      });
      openings.set(bucket, opening);
      opening.finally(() => openings.delete(bucket)).catch(() => undefined);
    }
    await opening;
  }

  function leave(tenantId: string, listener: FeedListener): void {
    const own = listeners.get(tenantId);
    own?.delete(listener);
    if (own?.size !== 0) return;
    listeners.delete(tenantId);
    const bucket = bucketOf(tenantId);
    const left = (tenants.get(bucket) ?? 1) - 1;
    if (left > 0) tenants.set(bucket, left);
    else {
      tenants.delete(bucket);
      read.delete(bucket);
    }
  }

  return {
    ...loop,
    async listen(tenantId, listener) {
      const bucket = bucketOf(tenantId);
      const own = listeners.get(tenantId);
      if (own === undefined) {
        listeners.set(tenantId, new Set([listener]));
        tenants.set(bucket, (tenants.get(bucket) ?? 0) + 1);
      } else own.add(listener);
      try {
        await openBucket(bucket);
      } catch (error) {
        leave(tenantId, listener);
        throw error;
      }
      return { behind: read.get(bucket) ?? '0-0', stop: () => leave(tenantId, listener) };
    },
  };
}
