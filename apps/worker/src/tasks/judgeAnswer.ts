/** The verdict on a receiver's response to a delivery. */
export type AnswerVerdict =
  | { readonly kind: 'delivered' }
  /** The receiver asks to wait; null when it does not specify how long. */
  | { readonly kind: 'paced'; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused' };

/** Retryable statuses besides 5xx: Request Timeout and Too Early. */
const TRY_AGAIN = [408, 425];

/**
 * Classifies a receiver's response. Pure. Any 2xx is a delivery; 429, and 503 with Retry-After, ask to wait; other 5xx,
 * 408 and 425 are failures; everything else, redirects included, is a permanent refusal.
 */
export function judgeAnswer(status: number, retryAfterMs: number | null): AnswerVerdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 429 || (status === 503 && retryAfterMs !== null)) return { kind: 'paced', retryAfterMs };
  if (status >= 500 || TRY_AGAIN.includes(status)) return { kind: 'failed' };
  return { kind: 'refused' };
}
