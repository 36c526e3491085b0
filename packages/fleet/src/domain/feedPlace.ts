/** A position in a feed: the two numbers of the entry's id and the event's index within the entry. */
export type FeedPlace = readonly [number, number, number];

/** After the last event of an entry. */
const WHOLE_ENTRY = 999_999;

const FORM = /^(\d{1,15})-(\d{1,15})\.(\d{1,6})$/;
const ENTRY = /^(\d{1,15})-(\d{1,15})$/;

/** Parses a place such as `1795256992691-0.3`; null for any other text. */
export function readPlace(text: string): FeedPlace | null {
  const found = FORM.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Formats a place for {@link readPlace}. */
export function writePlace([ms, seq, index]: FeedPlace): string {
  return `${ms}-${seq}.${index}`;
}

/** The place after all events of an entry; the place before every entry if the text is not an entry's id. */
export function behindEntry(id: string): FeedPlace {
  const found = ENTRY.exec(id);
  return found === null ? [0, 0, WHOLE_ENTRY] : [Number(found[1]), Number(found[2]), WHOLE_ENTRY];
}

/** The id of the entry that contains a place. */
export function entryOf([ms, seq]: FeedPlace): string {
  return `${ms}-${seq}`;
}

/** Negative when the first place comes before the second. */
export function comparePlaces(a: FeedPlace, b: FeedPlace): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
