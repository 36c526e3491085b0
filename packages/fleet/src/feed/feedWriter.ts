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
 * Events are gathered for so long, in ms. A process that is busy in all buckets adds to each ten times a second, which is 640
 * commands however many jobs it runs.
 */
const GATHER_MS = 100;

/** Longest that Redis may take for what it is told, in ms; more is gathered meanwhile, within bounds. */
const PATIENCE_MS = 5_000;

/** After Redis refused or was silent nothing is told for so long, in ms. */
const SILENT_MS = 1_000;

/** Tells those who listen what happens to jobs. Nothing rests on it: the ledger has every state. */
export interface FeedWriter extends Service {
  /** Never throws, and costs next to nothing while Redis is away. */
  publish(event: JobEvent): void;
}

/**
 * Gathers events by bucket and adds them to the feeds together. What Redis does not take at once is told to nobody; those who
 * listen hear, as soon as it takes something again, that they missed something.
 */
export function createFeedWriter(client: RedisClient, keys: FleetKeys, log: Log): FeedWriter {
  const gathered = createGatheredEvents();
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<unknown> | null = null;
  let refused = false;
  let over = false;

  async function append({ bucket, texts, tenants }: TakenEvents): Promise<void> {
    try {
      // A connection that is away would keep what it is given until it is back.
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
    // Two refusals are a second apart, and what is gathered in between is bounded.
    if (gathered.isEmpty() && !refused) return;
    arm(refused ? SILENT_MS : GATHER_MS);
  }

  /** Once it is over, what is told late, with a Redis that was left, would be tried for ever. */
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
