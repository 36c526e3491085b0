import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { createTenantMeasures } from './tenantMeasures.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function setUp() {
  const clock = { ms: 0 };
  const metrics = createMetrics('test');
  let names: readonly string[] = [];
  let asked: () => void = () => undefined;
  const measures = createTenantMeasures({
    readNames: async () => {
      // The step goes on after this microtask, and the test after the loop has come round.
      setImmediate(asked);
      return names;
    },
    metrics,
    monotonicMs: () => clock.ms,
    log: createLogger('test', { level: 'silent' }),
  });
  const stop = () => measures.stop(AbortSignal.timeout(1_000));
  stops.push(stop);
  const show = async (...next: string[]): Promise<void> => {
    names = next;
    await stop();
    const done = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await measures.start();
    await done;
  };
  const retries = async () =>
    Object.fromEntries((await metrics.tenantRetries.get()).values.map((one) => [one.labels.tenant_id, one.value]));
  const rates = async () =>
    Object.fromEntries((await metrics.tenantSuccessRate.get()).values.map((one) => [one.labels.tenant_id, one.value]));
  return { measures, metrics, clock, show, retries, rates };
}

describe('createTenantMeasures', () => {
  it('counts the named by name and all others as other, and moves nothing when a name goes', async () => {
    const { measures, show, retries } = setUp();
    await show('acme');
    for (const tenant of ['acme', 'acme', 'globex']) measures.ended(tenant, 'retry');
    expect(await retries()).toEqual({ acme: 2, other: 1 });
    await show('globex');
    expect(await retries()).toEqual({ other: 1 });
    measures.ended('acme', 'defer');
    measures.ended('globex', 'retry');
    expect(await retries()).toEqual({ other: 2, globex: 1 });
  });

  it('tells the share of the ended jobs that completed in the last five minutes', async () => {
    const { measures, clock, show, rates } = setUp();
    await show('acme');
    for (const outcome of ['completed', 'completed', 'completed', 'bury', 'retry', 'release']) {
      measures.ended('acme', outcome);
    }
    await show('acme');
    expect(await rates()).toEqual({ acme: 0.75 });
    clock.ms = 300_000;
    measures.ended('acme', 'bury');
    await show('acme');
    expect(await rates()).toEqual({ acme: 0 });
    clock.ms = 900_000;
    await show('acme');
    expect(await rates()).toEqual({});
  });

  it('takes every series of a name out of what is told', async () => {
    const { measures, metrics, show } = setUp();
    await show('acme');
    measures.waited('acme', 1);
    measures.ran('acme', 2);
    expect(await metrics.registry.metrics()).toContain('tenant_id="acme"');
    await show();
    expect(await metrics.registry.metrics()).not.toContain('tenant_id="acme"');
  });
});
