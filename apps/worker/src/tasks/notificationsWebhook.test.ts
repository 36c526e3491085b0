import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext } from '@sluice/tasks';
import { describe, expect, test } from 'vitest';
import type { WebAnswer, WebPost } from '../network/webClient.js';
import { createWebhookHandler } from './notificationsWebhook.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const DATA = { url: 'https://example.com/secret-path', event: 'push', payload: { secret: 'payload' } };

function deliver(answer: WebAnswer | Error, context: Partial<JobContext> = {}) {
  const posts: WebPost[] = [];
  const handler = createWebhookHandler({
    now: () => 1_700_000_000_999,
    signingSecretOf: async () => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    web: {
      post: async (post) => {
        posts.push(post);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
  const result = handler(DATA, {
    jobId: '0190b5d0-0000-7000-8000-000000000000',
    tenantId: 'acme',
    attempt: 2,
    signal: new AbortController().signal,
    traceparent: null,
    progress: async () => undefined,
    log: async () => undefined,
    once: () => Promise.reject(new Error('no effects here')),
    ...context,
  });
  return { posts, result };
}

describe('createWebhookHandler', () => {
  test('sends the payload with the job as its id, and answers the status', async () => {
    const { posts, result } = deliver({ status: 204, retryAfter: undefined }, { traceparent: TRACEPARENT });
    await expect(result).resolves.toEqual({ status: 204, durationMs: 0, bodyBytes: 20 });
    expect(posts[0]).toMatchObject({
      url: DATA.url,
      body: '{"secret":"payload"}',
      headers: {
        'webhook-id': '0190b5d0-0000-7000-8000-000000000000',
        'webhook-timestamp': '1700000000',
        'idempotency-key': '0190b5d0-0000-7000-8000-000000000000',
        'webhook-event': 'push',
        'webhook-attempt': '2',
        traceparent: TRACEPARENT,
      },
    });
  });

  test('passes on no trace context that is not one', async () => {
    const { posts, result } = deliver({ status: 200, retryAfter: undefined }, { traceparent: 'x\r\ninjected: 1' });
    await result;
    expect(posts[0]?.headers).not.toHaveProperty('traceparent');
  });

  test.each([
    [
      { status: 429, retryAfter: '3' },
      { code: 'upstream_paced', retryAfterMs: 3_000 },
    ],
    [
      { status: 503, retryAfter: '3' },
      { code: 'upstream_paced', retryAfterMs: 3_000 },
    ],
    [{ status: 503, retryAfter: undefined }, { code: 'upstream_failed' }],
    [{ status: 302, retryAfter: undefined }, { code: 'upstream_refused' }],
    [Object.assign(new Error('connect 10.1.2.3'), { code: 'ECONNREFUSED' }), { code: 'upstream_failed' }],
    [new FleetError('address_refused', 'no'), { code: 'address_refused' }],
  ])('fails an attempt that was answered %j', async (answer, expected) => {
    await expect(deliver(answer).result).rejects.toMatchObject(expected);
  });

  test('puts neither payload, path nor address into an error', async () => {
    const failed = deliver(Object.assign(new Error('connect 10.1.2.3'), { code: 'ECONNREFUSED' }));
    const error = await failed.result.catch((thrown: unknown) => thrown);
    expect(String(error)).toBe('FleetError: The receiver could not be reached: ECONNREFUSED');
  });

  test('throws the reason of its signal, not the error that this causes', async () => {
    const { result } = deliver(new Error('aborted'), { signal: AbortSignal.abort('cancelled') });
    await expect(result).rejects.toBe('cancelled');
  });
});
