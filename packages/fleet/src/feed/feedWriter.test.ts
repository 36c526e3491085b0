import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fleetKeys } from '../redis/keys.js';
import { openClient } from '../redis/openClient.js';
import { createFeedWriter } from './feedWriter.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('rests for good once it was stopped, whatever it is told and however long Redis is away', async () => {
  const client = openClient({ url: 'redis://127.0.0.1:1' }, 'caller');
  const writer = createFeedWriter(client, fleetKeys('feed-writer'), createLogger('test', { level: 'silent' }));
  const event = {
    kind: 'state',
    tenantId: 'acme',
    jobId: '1',
    queueClass: 'default',
    state: 'active',
    attempt: 1,
  } as const;
  writer.publish(event);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(vi.getTimerCount()).toBe(1);
  await writer.stop(AbortSignal.timeout(1_000));
  writer.publish(event);
  expect(vi.getTimerCount()).toBe(0);
});
