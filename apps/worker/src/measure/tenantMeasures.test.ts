import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { createTenantMeasures } from './tenantMeasures.js';

const OF_OTHERS = ['other p50', 'other p90', 'other p95', 'other p99'];

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
      // The step continues after this microtask, the test on the next event-loop turn.
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
  const waits = async () =>
    Object.fromEntries(
      (await metrics.tenantWaitPercentiles.get()).values.map(({ labels, value }) => [
        `${labels.tenant_id} ${labels.percentile}`,
        value,
      ]),
    );
  return { measures, metrics, clock, show, retries, rates, waits };
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
    // An upstream's 429, which pauses the whole lane.
    measures.ended('globex', 'hold-back');
    expect(await retries()).toEqual({ other: 2, globex: 2 });
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

  it('tells the percentiles of the waits of the last five minutes, each under its label', async () => {
    const { measures, clock, show, waits } = setUp();
    await show('acme');
    for (let seconds = 1; seconds <= 100; seconds++) measures.waited('acme', seconds * 60);
    measures.waited('globex', 0);
    await show('acme');
    const told = await waits();
    expect(Object.keys(told)).toEqual(['acme p50', 'acme p90', 'acme p95', 'acme p99', ...OF_OTHERS]);
    for (const [percentile, exact] of Object.entries({ p50: 3_000, p90: 5_400, p95: 5_700, p99: 5_940 })) {
      const wait = told[`acme ${percentile}`] ?? 0;
      expect(wait >= exact && wait <= exact * 1.05).toBe(true);
    }
    expect(told['other p99']).toBe(0);
    clock.ms = 300_000;
    measures.waited('acme', 2);
    await show('acme');
    expect(Object.keys(await waits())).toHaveLength(4);
    expect((await waits())['acme p50']).toBeLessThan(2.2);
    await show();
    expect(await waits()).toEqual({});
  });

  it('tells apart waits of hours, for a quota may be of an hour', async () => {
    const { measures, metrics } = setUp();
    for (const seconds of [1_000, 4_000, 8_000]) measures.waited('acme', seconds);
    const buckets = (await metrics.tenantWaitSeconds.get()).values.filter(
      ({ labels }) => Number((labels as Record<string, unknown>).le) > 300,
    );
    expect(buckets.map(({ value }) => value)).toEqual([0, 1, 1, 2, 3]);
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
