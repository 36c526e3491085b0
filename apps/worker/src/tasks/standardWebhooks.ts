import { createHmac } from 'node:crypto';

/** The signed content. */
export interface WebhookMessage {
  /** The same for every attempt, so that the receiver can detect duplicates. */
  readonly id: string;
  /** Unix time in seconds. */
  readonly timestampSeconds: number;
  readonly body: string;
}

/**
 * Returns the three header fields of the Standard Webhooks specification (https://www.standardwebhooks.com, version
 * 1.0.0): HMAC-SHA256 over `id.timestamp.body`, keyed with the secret's bytes, base64-encoded after `whsec_`.
 */
export function signWebhook(message: WebhookMessage, secret: string): Record<string, string> {
  const { id, timestampSeconds, body } = message;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
