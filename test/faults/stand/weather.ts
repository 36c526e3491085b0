/** The way of bytes on a link: from the one who connects, to it, or both. */
export type Way = 'there' | 'back' | 'both';

/** What a network does to one way of a link. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Bytes wait, and nobody is told; they arrive when it clears up. */
  | { readonly kind: 'frozen' }
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly bytesPerSecond: number };
