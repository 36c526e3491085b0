import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { bucketOf } from '@sluice/shared/domain/lane';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { behindEntry, comparePlaces } from '../domain/feedPlace.js';
import type { RedisClient } from '../redis/client.js';
import { endOfFeed, readFeeds } from '../redis/commands/feed.js';
import type { FleetKeys } from '../redis/keys.js';
import type { FeedListener, FeedSubject } from './listeners.js';
import { createListeners } from './listeners.js';

/** Interval between reads of the feeds that have listeners, in ms. */
const READ_EVERY_MS = 100;

/** Interval between checks whether a feed has restarted with ids below those already read, in ms. */
const CHECK_EVERY_MS = 10_000;

/** Receives job events. */
export interface FeedReader extends Service {
  /**
   * Subscribes from now on. Events that occur while Redis is unavailable are never delivered: nothing depends on them.
   * @returns the last entry that is no longer delivered, null when Redis is unavailable; and a function that
   *   unsubscribes
   */
  listen(
    subject: FeedSubject,
    listener: FeedListener,
  ): Promise<{ readonly behind: string | null; readonly stop: () => void }>;
}

/** Dependencies of the feed reader. */
export interface FeedReaderDeps {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly log: Log;
  readonly now: () => number;
  /** Receives each event of a tenant that has listeners, once. Must not throw. */
  readonly overhear: (event: JobEvent) => void;
}

/** One read for all listeners, however many; none while there are none. */
export function createFeedReader({ client, keys, log, now, overhear }: FeedReaderDeps): FeedReader {
  const listeners = createListeners();
  /** Bucket -> id of the last entry read. */
  const read = new Map<number, string>();
  const openings = new Map<number, Promise<void>>();
  let checkedAt = now();

  async function readOn(): Promise<void> {
    forgetUnheard();
    // Commands for an unavailable Redis would wait for it, and their replies would be out of date.
    if (client.status !== 'ready' || listeners.isEmpty()) return;
    await openMissing();
    await checkBeginnings();
    const asked = new Map(read);
    for (const page of await readFeeds(client, keys, asked, listeners.hasTenant)) {
      // The bucket may have lost its last listener and got a new one during the read.
      if (read.get(page.bucket) !== asked.get(page.bucket)) continue;
      read.set(page.bucket, page.next);
      for (const fed of page.events) {
        overhear(fed.event);
        listeners.deliver(fed);
      }
    }
  }

  function forgetUnheard(): void {
    for (const bucket of read.keys()) if (!listeners.hasBucket(bucket)) read.delete(bucket);
  }

  async function openMissing(): Promise<void> {
    await Promise.all(listeners.buckets().map(openBucket));
  }

  /**
   * A Redis that was emptied and whose clock is behind starts with ids below those already read, which would never be
   * delivered.
   */
  async function checkBeginnings(): Promise<void> {
    if (now() - checkedAt < CHECK_EVERY_MS) return;
    checkedAt = now();
    await Promise.all(
      [...read].map(async ([bucket, last]) => {
        const end = await endOfFeed(client, keys, bucket);
        const isBehind = comparePlaces(behindEntry(end), behindEntry(last)) < 0;
        if (isBehind && read.get(bucket) === last) read.set(bucket, '0-0');
      }),
    );
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

  return {
    ...loop,
    async listen(subject, listener) {
      const stop = listeners.add(subject, listener);
      const bucket = bucketOf(subject.tenantId);
      try {
        if (client.status === 'ready') await openBucket(bucket);
      } catch (err) {
        log.debug({ component: 'feed', event: 'feed_not_opened', err }, 'failed to open a feed: retrying');
      }
      return { behind: read.get(bucket) ?? null, stop };
    },
  };
}
