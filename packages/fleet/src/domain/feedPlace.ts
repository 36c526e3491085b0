/** A place in a feed: the entry's two numbers and the event's number within it. */
export type FeedPlace = readonly [number, number, number];

/** Behind the last event of an entry. */
const WHOLE_ENTRY = 999_999;

const FORM = /^(\d{1,15})-(\d{1,15})\.(\d{1,6})$/;
const ENTRY = /^(\d{1,15})-(\d{1,15})$/;

/** Reads a place such as `1795256992691-0.3`; null for any other text. */
export function readPlace(text: string): FeedPlace | null {
  const found = FORM.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** The place in the form in which {@link readPlace} reads it. */
export function writePlace([ms, seq, index]: FeedPlace): string {
  return `${ms}-${seq}.${index}`;
}

/** The place behind all events of an entry; that before every entry for a text that is no entry's id. */
export function behindEntry(id: string): FeedPlace {
  const found = ENTRY.exec(id);
  return found === null ? [0, 0, WHOLE_ENTRY] : [Number(found[1]), Number(found[2]), WHOLE_ENTRY];
}

/** The id of the entry that a place is in. */
export function entryOf([ms, seq]: FeedPlace): string {
  return `${ms}-${seq}`;
}

/** Below 0 when the first place comes before the second. */
export function comparePlaces(a: FeedPlace, b: FeedPlace): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
