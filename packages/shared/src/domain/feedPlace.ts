/** A place in a feed: the entry's two numbers and the event's number within it. */
export type FeedPlace = readonly [number, number, number];

const FORM = /^(\d{1,15})-(\d{1,15})\.(\d{1,6})$/;

/** Reads a place such as `1795256992691-0.3`; null for any other text. */
export function readPlace(text: string): FeedPlace | null {
  const found = FORM.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** The id of the entry that a place is in. */
export function entryOf([ms, seq]: FeedPlace): string {
  return `${ms}-${seq}`;
}

/** Below 0 when the first place comes before the second. */
export function comparePlaces(a: FeedPlace, b: FeedPlace): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
