import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { failureReason } from '@sluice/shared/network/failureReason';
import { readRetryAfterMs } from '@sluice/shared/network/retryAfter';
import type { JobContext, TaskHandler } from '@sluice/tasks';
import type { WebhookData } from '@sluice/tasks/internal';
import type { WebAnswer, WebClient } from '../network/webClient.js';
import { judgeAnswer } from './judgeAnswer.js';
import type { SigningSecretOf } from './signingSecrets.js';
import { signWebhook } from './standardWebhooks.js';

/** The result of a delivered webhook. */
export interface WebhookResult {
  /** The receiver's HTTP status, 200 to 299. */
  readonly status: number;
  /** From sending to the end of the response, in ms. */
  readonly durationMs: number;
  /** Size of the request body. */
  readonly bodyBytes: number;
}

/** W3C trace context: version, trace id, span id and flags. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Dependencies of the webhook handler. */
export interface WebhookDependencies {
  readonly web: WebClient;
  readonly now: () => number;
  readonly signingSecretOf: SigningSecretOf;
}

/**
 * Delivers a payload. The handler throws PacedError when the receiver asks to wait, and FleetError `upstream_failed`
 * (retryable), `upstream_refused` or `address_refused` (not retryable). No message contains a payload or a path.
 */
export function createWebhookHandler(dependencies: WebhookDependencies): TaskHandler<WebhookData> {
  return async (data, context): Promise<WebhookResult> => {
    const secret = await dependencies.signingSecretOf(context.tenantId);
    const startedAt = dependencies.now();
    const body = JSON.stringify(data.payload);
    const headers = headersOf(data, body, context, { secret, startedAt });
    const answer = await send(dependencies.web, { url: data.url, headers, body, signal: context.signal });
    const endedAt = dependencies.now();
    throwUnlessDelivered(answer, endedAt);
    return { status: answer.status, durationMs: endedAt - startedAt, bodyBytes: Buffer.byteLength(body) };
  };
}

function headersOf(
  data: WebhookData,
  body: string,
  context: JobContext,
  { secret, startedAt }: { readonly secret: string; readonly startedAt: number },
): Record<string, string> {
  const { jobId, attempt, traceparent } = context;
  return {
    ...signWebhook({ id: jobId, timestampSeconds: Math.floor(startedAt / 1_000), body }, secret),
    'content-type': 'application/json; charset=utf-8',
    'idempotency-key': jobId,
    'user-agent': 'Sluice-Webhook/1',
    'webhook-attempt': String(attempt),
    ...(data.event === undefined ? {} : { 'webhook-event': data.event }),
    ...(traceparent !== null && TRACEPARENT.test(traceparent) ? { traceparent } : {}),
  };
}

async function send(web: WebClient, post: Parameters<WebClient['post']>[0]): Promise<WebAnswer> {
  try {
    return await web.post(post);
  } catch (cause) {
    if (post.signal.aborted) throw post.signal.reason;
    if (cause instanceof FleetError) throw cause;
    throw new FleetError('upstream_failed', `The receiver could not be reached: ${failureReason(cause)}`, { cause });
  }
}

function throwUnlessDelivered({ status, retryAfter }: WebAnswer, nowMs: number): void {
  const verdict = judgeAnswer(status, readRetryAfterMs(retryAfter, nowMs));
  switch (verdict.kind) {
    case 'delivered':
      return;
    case 'paced':
      throw new PacedError(`The receiver asks to wait (status ${status})`, verdict.retryAfterMs);
    case 'failed':
      throw new FleetError('upstream_failed', `The receiver failed (status ${status})`);
    case 'refused':
      throw new FleetError('upstream_refused', `The receiver refused (status ${status})`);
  }
}
