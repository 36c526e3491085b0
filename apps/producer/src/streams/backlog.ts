import type { FedEvent, ReplayedPage } from '@sluice/fleet/redis/commands/feed';
import type { SseStream } from './openStreams.js';

/** Events that may come while the past is told; a client that is told more slowly than that comes back for them. */
const MOST_EARLY = 4_000;

/** Nothing was missed. */
export const NOTHING_MISSED: ReplayedPage = { events: [], next: null };

/** Tells events in their order: what happens while the past is told waits behind it. */
export interface Backlog {
  hear(fed: FedEvent): void;
  /**
   * Tells what was missed as fast as the client reads it, and then all that was heard meanwhile.
   * @param more reads on behind an entry; null, when the feed has forgotten it, ends the stream: the client comes back and hears so
   */
  goOn(missed: ReplayedPage, more: (entry: string) => Promise<ReplayedPage | null>): Promise<void>;
  /** Whether the past is told. */
  isKnown(): boolean;
}

/** @param send tells one event; returns whether the client keeps up */
export function createBacklog(stream: SseStream, send: (fed: FedEvent) => boolean): Backlog {
  let early: FedEvent[] | null = [];

  async function tellAll(events: readonly FedEvent[]): Promise<void> {
    for (const fed of events) if (!send(fed)) await stream.taken();
  }

  return {
    hear(fed) {
      if (early === null) send(fed);
      else if (early.length < MOST_EARLY) early.push(fed);
      else stream.end();
    },
    async goOn(missed, more) {
      for (let page: ReplayedPage | null = missed; page !== null && !stream.isOver(); ) {
        await tellAll(page.events);
        if (page.next === null) break;
        page = await more(page.next);
        if (page === null) stream.end();
      }
      // What comes meanwhile is told by the same loop, as it stands at the end of the list.
      await tellAll(early ?? []);
      early = null;
    },
    isKnown: () => early === null,
  };
}
