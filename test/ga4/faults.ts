import type { GoogleError } from './googleErrors.js';
import { googleError, unauthenticated } from './googleErrors.js';

/** A way in which the server can fail on order. */
export type Fault =
  | { readonly kind: 'internal' }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds?: number }
  /** A quota is used up, whatever the book says; GA4's own words, without `Retry-After` unless told. */
  | { readonly kind: 'exhausted'; readonly message: string; readonly retryAfterSeconds?: number }
  /** Says how long to wait by google.rpc.RetryInfo. */
  | { readonly kind: 'exhausted-with-info'; readonly retryDelay: string }
  | { readonly kind: 'unauthenticated' }
  /** Answers with what it was sent, the credential included. */
  | { readonly kind: 'echo' }
  | { readonly kind: 'redirect'; readonly to: string }
  /** 200 with a body that is no JSON, or JSON that is no report. */
  | { readonly kind: 'malformed'; readonly body: string }
  /** Any answer at all, such as a proxy's page. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Closes the connection: before the answer, or in the middle of it. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'within' }
  /** Does not answer until the client goes away. */
  | { readonly kind: 'hang' };

/** The answer of a fault; null for those that do not answer, or not properly. */
export function answerOf(fault: Fault, heard: string): GoogleError | null {
  switch (fault.kind) {
    case 'internal':
      return googleError('INTERNAL', 'Internal error encountered.');
    case 'unavailable':
      return googleError('UNAVAILABLE', 'The service is currently unavailable.', retryAfter(fault.retryAfterSeconds));
    case 'exhausted':
      return googleError('RESOURCE_EXHAUSTED', fault.message, retryAfter(fault.retryAfterSeconds));
    case 'exhausted-with-info': {
      const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: fault.retryDelay };
      return googleError('RESOURCE_EXHAUSTED', 'Quota exceeded.', { details: [info] });
    }
    case 'unauthenticated':
      return unauthenticated();
    case 'echo':
      return googleError('INVALID_ARGUMENT', `You said: ${heard}`);
    case 'redirect':
      return { status: 302, headers: { location: fault.to }, body: '' };
    case 'malformed':
      return { status: 200, headers: {}, body: fault.body };
    case 'answer':
      return { status: fault.status, headers: { 'content-type': 'text/html' }, body: fault.body };
    case 'cut':
    case 'hang':
      return null;
  }
}

function retryAfter(seconds: number | undefined): { headers: Record<string, string> } {
  return { headers: seconds === undefined ? {} : { 'retry-after': String(seconds) } };
}
