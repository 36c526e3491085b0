import type { FedEvent, ReplayedPage } from '@sluice/fleet/redis/commands/feed';
import type { SseStream } from './openStreams.js';

/**
 * Maximum events buffered during a replay; a client that reads it more slowly is disconnected and reconnects for them.
 */
const MOST_EARLY = 4_000;

/** Nothing was missed. */
export const NOTHING_MISSED: ReplayedPage = { events: [], next: null };

/** Sends events in order: those that occur during the replay of missed events are buffered until it ends. */
export interface Backlog {
  hear(fed: FedEvent): void;
  /**
   * Sends the missed events as fast as the client reads them, then all events buffered meanwhile.
   * @param more reads the next page, after an entry; null, when the feed has trimmed it, ends the stream: the client
   * reconnects and is then notified
   */
  goOn(missed: ReplayedPage, more: (entry: string) => Promise<ReplayedPage | null>): Promise<void>;
  /** Whether the replay has ended. */
  isKnown(): boolean;
}

/** @param send sends one event; returns whether the client keeps up */
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
      // The same loop sends the events that arrive meanwhile, since they are appended to the list.
      await tellAll(early ?? []);
      early = null;
    },
    isKnown: () => early === null,
  };
}
