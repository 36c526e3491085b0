/** What a receiver's answer means for a delivery. */
export type AnswerVerdict =
  | { readonly kind: 'delivered' }
  /** The receiver asks to wait; null when it does not say how long. */
  | { readonly kind: 'paced'; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused' };

/** Answers besides 5xx that may be better next time: Request Timeout and Too Early. */
const TRY_AGAIN = [408, 425];

/**
 * What a receiver's answer means. Pure. Any 2xx is delivered; 429, and 503 with Retry-After, ask to wait; other 5xx,
 * 408 and 425 have failed; everything else, redirects included, is a refusal for good.
 */
export function judgeAnswer(status: number, retryAfterMs: number | null): AnswerVerdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 429 || (status === 503 && retryAfterMs !== null)) return { kind: 'paced', retryAfterMs };
  if (status >= 500 || TRY_AGAIN.includes(status)) return { kind: 'failed' };
  return { kind: 'refused' };
}
