/** Direction of bytes on a link: from the connecting side, to it, or both. */
export type Way = 'there' | 'back' | 'both';

/** What the network does to one direction of a link. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Bytes are silently held, and delivered once the link clears. */
  | { readonly kind: 'frozen' }
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly bytesPerSecond: number };
