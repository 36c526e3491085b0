import type { FeedPlace } from '@sluice/fleet/domain/feedPlace';
import type { ToldState } from '@sluice/fleet/domain/toldState';
/** Where the reader of a job's stream is: a place in the feed, the state that was told last, and whether that was the end. */
export interface StreamId {
  readonly place: FeedPlace;
  readonly told: ToldState | null;
  /** The event `done` was told. */
  readonly done: boolean;
}
/** Reads an event's id, such as `1795256992691-0.3` or `1795256992691-0.3~active.1`; null for any other text. */
export declare function readStreamId(text: string): StreamId | null;
/** The id in the form in which {@link readStreamId} reads it. */
export declare function writeStreamId({ place, told, done }: StreamId): string;
//# sourceMappingURL=streamId.d.ts.map
