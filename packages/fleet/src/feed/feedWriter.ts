import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { bucketOf } from '@sluice/shared/domain/lane';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { RedisClient } from '../redis/client.js';
import { appendToFeed } from '../redis/commands/feed.js';
import type { FleetKeys } from '../redis/keys.js';
import type { TakenEvents } from './gatheredEvents.js';
import { createGatheredEvents } from './gatheredEvents.js';

/**
 * Time for which events are gathered, in ms. A process that is busy in all 64 buckets writes to each ten times a
 * second: 640 commands, however many jobs it runs.
 */
const GATHER_MS = 100;

/** Time limit for a write to Redis, in ms; events are gathered meanwhile, within bounds. */
const PATIENCE_MS = 5_000;

/** After a write that failed or timed out, nothing is written for this long, in ms. */
const SILENT_MS = 1_000;

/** Publishes job events. Nothing depends on them: the ledger has every state. */
export interface FeedWriter extends Service {
  /** Never throws, and costs next to nothing while Redis is unavailable. */
  publish(event: JobEvent): void;
}

/**
 * Gathers events by bucket and adds them to the feeds together. Events that Redis does not take at once are dropped; as
 * soon as it takes writes again, listeners are notified that they missed some.
 */
export function createFeedWriter(client: RedisClient, keys: FleetKeys, log: Log): FeedWriter {
  const gathered = createGatheredEvents();
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<unknown> | null = null;
  let refused = false;
  let over = false;

  async function append({ bucket, texts, tenants }: TakenEvents): Promise<void> {
    try {
      // A disconnected client would queue commands until it reconnects.
      if (client.status !== 'ready') throw new Error('Redis is away');
      await within(PATIENCE_MS, appendToFeed(client, keys, bucket, texts), () => new Error('Redis is silent'));
    } catch (err) {
      refused = true;
      for (const tenantId of tenants) gathered.add(bucket, { kind: 'missed', tenantId });
      log.debug(
        { component: 'feed', event: 'events_not_published', err, events: texts.length },
        'failed to publish job events: streams catch up from the ledger',
      );
    }
  }

  async function send(): Promise<void> {
    refused = false;
    await Promise.all(gathered.take().map(append));
    sending = null;
    // Failed writes are a second apart, and what is gathered in between is bounded.
    if (gathered.isEmpty() && !refused) return;
    arm(refused ? SILENT_MS : GATHER_MS);
  }

  /** After the stop, late events for an unavailable Redis would otherwise be retried forever. */
  function arm(afterMs: number): void {
    if (over) return;
    timer ??= setTimeout(() => {
      timer = null;
      sending = send();
    }, afterMs);
  }

  return {
    name: 'feed',
    async start() {
      // Nothing is opened.
    },
    publish(event) {
      const { kind, tenantId } = event;
      if (!refused) gathered.add(bucketOf(tenantId), event);
      else if (kind === 'state') gathered.add(bucketOf(tenantId), { kind: 'missed', tenantId });
      if (sending === null) arm(GATHER_MS);
    },
    async stop() {
      over = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await sending;
      if (client.status === 'ready' && !gathered.isEmpty()) await send();
    },
  };
}
