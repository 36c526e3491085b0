import { z } from 'zod';
import { defineTask } from '../defineTask.js';

/** Data of `notifications.webhook`. */
export const webhookDataSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .max(2_048)
    .meta({ description: 'Where to POST; redirects are not followed' }),
  event: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[!-~]+$/, 'must be printable ASCII without spaces')
    .optional()
    .meta({ description: 'Sent as the header Webhook-Event' }),
  payload: z.json().meta({ description: 'The body, sent as JSON' }),
});

/** Data of `notifications.webhook`. */
export type WebhookData = z.infer<typeof webhookDataSchema>;

/** POSTs a payload to a URL, signed with the tenant's own key according to the Standard Webhooks specification. */
export const notificationsWebhook = defineTask({
  name: 'notifications.webhook',
  summary: 'POST a payload to a URL, signed with the key of the tenant (Standard Webhooks)',
  queueClass: 'notifications',
  data: webhookDataSchema,
  timeoutMs: 15_000,
});
