import { createQueuedClient } from '@sluice/queued-client';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { systemProbe } from '@sluice/tasks/internal';
import type { TracerSdk } from '@sluice/tracing/tracerSdk';
import { startTracerSdk } from '@sluice/tracing/tracerSdk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import type { OtlpCollector } from '../../support/otlpCollector.js';
import { startOtlpCollector } from '../../support/otlpCollector.js';
import { until } from '../../support/until.js';
import type { ClientSpace } from './support.js';
import { ONE_CALL, openClientSpace } from './support.js';

/** A task that the worker runs at once, as if it called an upstream. */
const TASK = {
  ...systemProbe,
  upstream: { name: 'ga4', quota: { callsPerWindow: 1, windowMs: 600_000, callsAtATime: null } },
};

describe('the trace of a queued request', () => {
  let at: ClientSpace;
  let collector: OtlpCollector;
  let worker: FleetProcess;
  let sdk: TracerSdk;
  beforeAll(async () => {
    at = await openClientSpace();
    collector = await startOtlpCollector();
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    for (const [name, value] of Object.entries(tracing)) vi.stubEnv(name, value);
    sdk = startTracerSdk('otlp', { 'service.name': 'a-service' }, createLogger('test', { level: 'silent' }));
    worker = await startFleetProcess('worker', { ...at.space.environment, ...tracing });
  });
  afterAll(async () => {
    await worker.stop();
    await sdk.stop(AbortSignal.timeout(5_000));
    vi.unstubAllEnvs();
    await collector.close();
    await at.close();
  });

  for (const durability of ['ledger', 'redis'] as const) {
    it(`goes from the caller's span through the sending to the worker (${durability})`, async () => {
      const tenant = `traced-${durability}`;
      await at.tenant(tenant, ONE_CALL);
      const who = { tenant, user: 'ann', role: 'member' } as const;
      const client = createQueuedClient(at.fleet, { ...who, task: TASK, call: async () => 'called' });
      await client.request({});
      await sdk.tracer.startActiveSpan('asking', async (span) => {
        await client.request({}, { durability });
        span.end();
      });
      const one = (name: string) =>
        collector.spans.find((span) => span.name === name && span.attributes['sluice.tenant'] === tenant);
      const attempt = await until('the attempt has told', () => one('process default'));
      const sent = await until('the sending has told', () => one('send default'));
      expect(sent).toMatchObject({ service: 'a-service', kind: 'producer' });
      expect(attempt).toMatchObject({ service: 'sluice-worker', parentId: sent.spanId, traceId: sent.traceId });
      const asking = await until('the caller has told', () =>
        collector.spans.find(({ spanId }) => spanId === sent.parentId),
      );
      expect(asking).toMatchObject({ name: 'asking', traceId: sent.traceId });
    });
  }
});
