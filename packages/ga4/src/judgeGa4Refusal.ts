import { z } from 'zod';
import type { Ga4QuotaName, SeenQuota } from './ga4Quota.js';
import { mayCall, quotaWaitMs } from './ga4Quota.js';

/** A GA4 response that is not a report. */
export interface Ga4Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The wait that `Retry-After` requests, in ms; null when absent. */
  readonly retryAfterMs: number | null;
  /** As received; usually the JSON of a google.rpc.Status. */
  readonly body: string;
}

/** What a refusal means for the job. The status is a name such as `INVALID_ARGUMENT`, or `HTTP 404`. */
export type Ga4RefusalVerdict =
  /** `retryAfterMs` is null when GA4 asks to wait without a time or a reason. */
  | {
      readonly kind: 'paced';
      readonly status: string;
      readonly retryAfterMs: number | null;
      /** Only a quota of this property is used up: other properties may be called. */
      readonly ofProperty: boolean;
    }
  | { readonly kind: 'failed'; readonly status: string }
  /** `said` is Google's description of what is wrong with the request; null when it is not about the request. */
  | { readonly kind: 'refused'; readonly status: string; readonly said: string | null };

/** Google's REST error: google.rpc.Status under `error`, its details by `@type`. */
const errorSchema = z.object({
  error: z.object({
    status: z.string().max(50).optional(),
    message: z.string().optional(),
    details: z.array(z.looseObject({ '@type': z.string() })).optional(),
  }),
});

type RpcStatus = z.infer<typeof errorSchema>['error'];

/** Retryable: by google.rpc.Code the fault is the server's or transient. */
const PASSING = ['UNAVAILABLE', 'INTERNAL', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'ABORTED', 'CANCELLED', 'DATA_LOSS'];

/** About the request itself, so that its sender can fix it. */
const ABOUT_THE_REQUEST = ['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'FAILED_PRECONDITION', 'NOT_FOUND'];

/** Maximum length of Google's text that is passed on, in characters. */
const MAX_SAID = 500;

/**
 * Classifies a refusal. Pure. RESOURCE_EXHAUSTED asks to wait, and so does a 503 with Retry-After; server faults count
 * as failed; the rest (UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT ...) is refused permanently.
 * @param seen the property's quotas in its latest response
 */
export function judgeGa4Refusal(refusal: Ga4Refusal, seen: SeenQuota | null, nowMs: number): Ga4RefusalVerdict {
  const error = readError(refusal.body);
  const status = error.status ?? `HTTP ${refusal.status}`;
  if (isPacing(refusal, error)) {
    const retryAfterMs = askedWaitMs(refusal, error) ?? guessedWaitMs(error, seen, nowMs);
    return { kind: 'paced', status, retryAfterMs, ofProperty: isOfProperty(error, seen, nowMs) };
  }
  if (hasPassed(refusal.status, error)) return { kind: 'failed', status };
  const said = ABOUT_THE_REQUEST.includes(status) ? (error.message ?? null) : null;
  return { kind: 'refused', status, said: said === null ? null : said.slice(0, MAX_SAID) };
}

function readError(body: string): RpcStatus {
  try {
    return errorSchema.parse(JSON.parse(body)).error;
  } catch {
    // Proxies in front of GA4 may respond without JSON.
    return {};
  }
}

function isPacing(refusal: Ga4Refusal, error: RpcStatus): boolean {
  if (error.status === 'RESOURCE_EXHAUSTED' || refusal.status === 429) return true;
  if (refusal.status === 503 && askedWaitMs(refusal, error) !== null) return true;
  return refusal.status === 403 && detailOf(error, 'ErrorInfo')?.reason === 'RATE_LIMIT_EXCEEDED';
}

function hasPassed(httpStatus: number, error: RpcStatus): boolean {
  if (error.status !== undefined && PASSING.includes(error.status)) return true;
  return httpStatus === 408 || httpStatus >= 500;
}

/** From the header, or from google.rpc.RetryInfo. */
function askedWaitMs({ retryAfterMs }: Ga4Refusal, error: RpcStatus): number | null {
  if (retryAfterMs !== null) return retryAfterMs;
  const delay = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(String(detailOf(error, 'RetryInfo')?.retryDelay ?? ''))?.[1];
  return delay === undefined ? null : Math.ceil(Number(delay) * 1_000);
}

function detailOf(error: RpcStatus, name: string): Record<string, unknown> | undefined {
  return error.details?.find((detail) => detail['@type'] === `type.googleapis.com/google.rpc.${name}`);
}

/** GA4 names the quota only in its message; the quotas of the latest response are the second-best source. */
function guessedWaitMs(error: RpcStatus, seen: SeenQuota | null, nowMs: number): number | null {
  const named = namedQuota(error.message ?? '');
  if (named !== null) return quotaWaitMs(named, nowMs);
  const verdict = mayCall(seen, nowMs);
  return verdict.kind === 'wait' ? verdict.waitMs : null;
}

/**
 * GA4's quotas are per property, and its message says so; anything else that is exhausted is a limit of the Google
 * Cloud project.
 */
function isOfProperty(error: RpcStatus, seen: SeenQuota | null, nowMs: number): boolean {
  const message = error.message ?? '';
  if (namedQuota(message) !== null || /exhausted property/i.test(message)) return true;
  return !/quota metric|quota limit/i.test(message) && mayCall(seen, nowMs).kind === 'wait';
}

/** developers.google.com/analytics/devguides/reporting/data/v1/quotas, "Exhausted ..." of each quota. */
function namedQuota(message: string): Ga4QuotaName | null {
  if (!/exhausted/i.test(message)) return null;
  if (/concurrent/i.test(message)) return 'concurrentRequests';
  if (/server errors/i.test(message)) return 'serverErrorsPerProjectPerHour';
  if (/thresholded/i.test(message)) return 'potentiallyThresholdedRequestsPerHour';
  if (/per day/i.test(message)) return 'tokensPerDay';
  return /per hour/i.test(message) ? 'tokensPerHour' : null;
}
