import { ga4RunReport } from '@sluice/ga4';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCircuitNotes } from './circuitNotes.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('keeps no attempt from the ledger while Redis is silent', async () => {
  const notes = createCircuitNotes({
    quotas: { endReported: () => new Promise(() => undefined) },
    pauses: { pause: async () => undefined, endPause: async () => undefined },
    metrics: createMetrics('test'),
    log: createLogger('test', { level: 'silent' }),
  });
  const error = new FleetError('upstream_failed', 'GA4 failed (INTERNAL)');
  const call = {
    id: 'job:1',
    lane: { tenantId: 'acme', queueClass: 'ga4' } as const,
    upstream: ga4RunReport.upstream as Upstream,
    granted: { kind: 'granted', left: null, nowMs: 0, probe: 'none' } as const,
    deferrals: 0,
  };
  let judged: unknown = null;
  void notes.ended(call, { kind: 'threw', error }, { kind: 'retry', delayMs: 5, error }).then((verdict) => {
    judged = verdict;
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(judged).toEqual({ kind: 'retry', delayMs: 5, error });
});
