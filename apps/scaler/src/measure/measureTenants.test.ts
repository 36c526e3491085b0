import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { describe, expect, it } from 'vitest';
import type { SeenTenant, TenantDecision } from '../tenant.js';
import { createTenantMeasures } from './measureTenants.js';

function setUp(before: readonly string[] = []) {
  const metrics = createMetrics('test');
  const told: string[] = [];
  const measures = createTenantMeasures({
    bounds: { always: [], most: 2 },
    slotConcurrency: 2,
    readNames: async () => before,
    writeNames: async (names) => void told.push(names.join(' ')),
    metrics,
    log: createLogger('test', { level: 'silent' }),
  });
  const lengths = async () =>
    Object.fromEntries((await metrics.tenantQueueLength.get()).values.map((one) => [one.labels.tenant_id, one.value]));
  const workers = async () =>
    Object.fromEntries(
      (await metrics.tenantWorkersActive.get()).values.map((one) => [one.labels.tenant_id, one.value]),
    );
  return { measures, told, lengths, workers };
}

function pass(...tenants: (readonly [id: string, waiting: number, active: number, heldBack?: number])[]) {
  const seen = tenants.map(
    ([id, waiting, active, held = 0]): SeenTenant => ({
      kind: 'counted',
      tenant: { id, lanes: [], current: 3 },
      count: {
        waiting,
        waitingInAll: waiting + held,
        active,
        arrivals: 0,
        serviceMs: null,
        oldestWaitMs: null,
        heldBack: 'none',
      },
    }),
  );
  const decisions = tenants.map(
    ([tenantId, waiting, active]): TenantDecision => ({
      tenantId,
      waiting,
      active,
      decision: { kind: 'hold', because: 'stale', policy: 'queue-length', reason: '', desired: 3 },
      newlyHeldBack: false,
    }),
  );
  return [seen, decisions] as const;
}

describe('createTenantMeasures', () => {
  it('names the busiest, and adds up the rest', async () => {
    const { measures, told, lengths, workers } = setUp();
    await measures.sawAll(...pass(['a', 9, 3], ['b', 5, 0], ['c', 2, 1], ['d', 1, 0]));
    expect(await lengths()).toEqual({ a: 9, b: 5, other: 3 });
    expect(await workers()).toEqual({ a: 2, b: 0, other: 1 });
    expect(told).toEqual(['a b']);
  });

  it('counts what a quota holds back beside what it does not, and finds the busiest by both', async () => {
    const { measures, lengths } = setUp();
    await measures.sawAll(...pass(['a', 3, 0, 130], ['b', 9, 0], ['c', 8, 0], ['d', 0, 0, 20]));
    expect(await lengths()).toEqual({ a: 133, d: 20, other: 17 });
    await measures.sawSome(...pass(['a', 2, 0, 120]));
    expect(await lengths()).toEqual({ a: 122, d: 20, other: 17 });
  });

  it('goes on with the names of the leader before, and tells them only when they change', async () => {
    const { measures, told, lengths } = setUp(['c', 'd']);
    await measures.sawAll(...pass(['a', 3, 0], ['c', 2, 0], ['d', 2, 0]));
    await measures.sawSome(...pass(['a', 4, 0]));
    expect(await lengths()).toEqual({ c: 2, d: 2, other: 4 });
    expect(told).toEqual(['c d']);
  });

  it('takes a tenant that lost its name out of the gauges, and all of them when it leads no more', async () => {
    const { measures, lengths } = setUp();
    await measures.sawAll(...pass(['a', 1, 0], ['b', 1, 0], ['c', 0, 0]));
    await measures.sawAll(...pass(['b', 9, 0], ['c', 50, 0], ['a', 1, 0]));
    expect(await lengths()).toEqual({ b: 9, c: 50, other: 1 });
    measures.forget();
    expect(await lengths()).toEqual({});
  });
});
