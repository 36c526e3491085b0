import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import { traceWith } from '@sluice/shared/telemetry/spans';
import { afterEach, describe, expect, it } from 'vitest';
import { traceAttempt } from './attemptTrace.js';

type FleetTracer = NonNullable<Parameters<typeof traceWith>[0]>;

afterEach(() => traceWith(null));

/** Everything set on the single span started. */
function traced(outcome: { readonly kind: string; readonly error?: unknown }): Record<string, unknown> {
  const told: Record<string, unknown> = {};
  const tell = (attributes: object): void => void Object.assign(told, attributes);
  const span = {
    spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
    setAttribute: (name: string, value: unknown) => tell({ [name]: value }),
    setAttributes: tell,
    setStatus: ({ code }: { readonly code: number }) => tell({ status: code }),
    end: () => tell({ ended: true }),
  };
  traceWith({ startSpan: () => span } as unknown as FleetTracer);
  const lane = { tenantId: 'acme', queueClass: 'ga4' };
  const active = { lane, task: 'ga4.run_report', traceparent: `00-${'1'.repeat(32)}-${'3'.repeat(16)}-01` };
  const trace = traceAttempt(active as unknown as ActiveJob);
  trace.ended(outcome);
  trace.end();
  return told;
}

describe('traceAttempt', () => {
  const error = Object.assign(new Error('no'), { code: 'upstream_failed' });

  it.each(['retry', 'lost', 'bury'])('fails the span of an attempt that came to %s', (kind) => {
    expect(traced({ kind, error })).toEqual({
      'sluice.outcome': kind,
      'error.type': 'upstream_failed',
      status: 2,
      ended: true,
    });
  });

  it.each(['defer', 'hold-back'])('fails no span of an attempt that came to %s: the upstream asked to wait', (kind) => {
    expect(traced({ kind, error })).toEqual({ 'sluice.outcome': kind, ended: true });
  });

  it('tells why a job was not attempted', () => {
    expect(traced({ kind: 'held-back' })).toEqual({ 'sluice.outcome': 'held-back', ended: true });
  });
});
