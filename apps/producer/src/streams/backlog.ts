import type { FedEvent } from '@sluice/shared/redis/commands/feed';
import type { SseStream } from './openStreams.js';

/** Events that may come while the past is told; a client that is told more slowly than that comes back for them. */
const MOST_EARLY = 10_000;

/** Tells events in their order: what happens while the past is told waits behind it. */
export interface Backlog {
  hear(fed: FedEvent): void;
  /** Tells what was missed as fast as the client reads it, and then all that was heard meanwhile. */
  goOn(missed: readonly FedEvent[]): Promise<void>;
  /** Whether the past is told. */
  isTold(): boolean;
}

/** @param tell tells one event; returns whether the client keeps up */
export function createBacklog(stream: SseStream, tell: (fed: FedEvent) => boolean): Backlog {
  let early: FedEvent[] | null = [];

  async function tellAll(events: readonly FedEvent[]): Promise<void> {
    for (const fed of events) if (!tell(fed)) await stream.taken();
  }

  return {
    hear(fed) {
      if (early === null) tell(fed);
      else if (early.length < MOST_EARLY) early.push(fed);
      else stream.end();
    },
    async goOn(missed) {
      await tellAll(missed);
      // What comes meanwhile is told by the same loop, as it stands at the end of the list.
      await tellAll(early ?? []);
      early = null;
    },
    isTold: () => early === null,
  };
}
