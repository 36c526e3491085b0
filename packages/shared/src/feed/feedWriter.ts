import type { JobEvent } from '../contracts/jobEvents.js';
import { bucketOf } from '../domain/lane.js';
import type { Log, Service } from '../lifecycle/service.js';
import type { RedisClient } from '../redis/client.js';
import { appendToFeed } from '../redis/commands/feed.js';
import type { FleetKeys } from '../redis/keys.js';

/** Events are gathered for so long, in ms, so that a busy process adds to each feed a few times a second. */
const GATHER_MS = 25;

/** Events of one bucket that are gathered at most; what comes above that is told to nobody. */
const MOST_PER_ENTRY = 1_000;

/** Tells those who listen what happens to jobs. Nothing rests on it: the ledger has every state. */
export interface FeedWriter extends Service {
  tell(event: JobEvent): void;
}

/** Gathers events by bucket and adds them to the feeds together; an event that Redis does not take is lost. */
export function createFeedWriter(client: RedisClient, keys: FleetKeys, log: Log): FeedWriter {
  let gathered = new Map<number, JobEvent[]>();
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<unknown> = Promise.resolve();

  function send(): void {
    timer = null;
    const entries = [...gathered];
    gathered = new Map();
    sending = Promise.all(
      entries.map(async ([bucket, events]) => {
        try {
          await appendToFeed(client, keys, bucket, events);
        } catch (err) {
          log.debug({ err, events: events.length }, 'what happened to jobs was not told to those who listen');
        }
      }),
    );
  }

  return {
    name: 'feed',
    async start() {
      // Nothing is opened.
    },
    tell(event) {
      const bucket = bucketOf(event.tenantId);
      const events = gathered.get(bucket);
      if (events === undefined) gathered.set(bucket, [event]);
      else if (events.length < MOST_PER_ENTRY) events.push(event);
      timer ??= setTimeout(send, GATHER_MS);
    },
    async stop() {
      if (timer !== null) {
        clearTimeout(timer);
        send();
      }
      await sending;
    },
  };
}
