import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import { traceWith } from '@sluice/shared/telemetry/spans';
import { afterEach, describe, expect, it } from 'vitest';
import { createRunningJobs } from './attempt/runningJobs.js';
import type { RunJobDeps } from './runJob.js';
import { runJob } from './runJob.js';

type FleetTracer = NonNullable<Parameters<typeof traceWith>[0]>;

afterEach(() => traceWith(null));

describe('runJob', () => {
  it('says in its span that the quota held a job back, which it does not even claim', async () => {
    const told: Record<string, unknown> = {};
    const span = {
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      setAttributes: (attributes: object) => void Object.assign(told, attributes),
      end: () => void Object.assign(told, { ended: true }),
    };
    traceWith({ startSpan: () => span } as unknown as FleetTracer);
    const job = {
      id: '0190b0a0-0000-7000-8000-000000000001',
      lane: { tenantId: 'acme', queueClass: 'ga4' },
      task: 'ga4.run_report',
      traceparent: `00-${'1'.repeat(32)}-${'3'.repeat(16)}-01`,
      onSlotLost: () => undefined,
    } as unknown as ActiveJob;
    const running = createRunningJobs();
    const deps = { running, upstreams: { isPaused: async () => true } } as unknown as RunJobDeps;
    expect(await runJob(job, deps)).toEqual({ kind: 'release' });
    expect(told).toEqual({ 'sluice.outcome': 'held-back', ended: true });
    expect(running.count()).toBe(0);
  });
});
