import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { describe, expect, it } from 'vitest';
import type { SeenLoad } from './replicas/loadBook.js';
import { createScalingPass } from './scalingPass.js';
import type { SeenTenant, Tenant, TenantDecision } from './tenant.js';

function setUp({ isWhole } = { isWhole: true }) {
  const done: string[] = [];
  const loadsSeen: { readonly of: string; readonly loads: readonly SeenLoad[]; readonly fence: number }[] = [];
  const seen: SeenTenant[] = [{ kind: 'unreadable', tenant: { id: 'acme', lanes: [], current: 3 } }];
  const metrics = createMetrics('test');
  const pass = createScalingPass({
    take: async ({ fence }) => void done.push(`take ${fence}`),
    observe: async (wanted) => {
      done.push(wanted === undefined ? 'observe all' : `observe ${[...wanted].join(' ')}`);
      return { tenants: seen, isWhole };
    },
    decider: {
      decide: (all, { occasion }): TenantDecision[] => all.map(({ tenant }) => decided(tenant, occasion)),
    },
    act: async (decisions) => void done.push(`act ${decisions.map(({ decision }) => decision.reason).join(' ')}`),
    load: {
      sawAll: (loads, fence) => void loadsSeen.push({ of: 'all', loads, fence }),
      sawSome: (loads, fence) => void loadsSeen.push({ of: 'some', loads, fence }),
    },
    measures: { sawAll: async () => undefined, sawSome: async () => undefined },
    monotonicMs: () => 0,
    metrics,
  });
  return { done, loadsSeen, seen, pass, metrics };
}

function decided({ id, current }: Tenant, reason: string): TenantDecision {
  const common = { policy: 'queue-length', reason } as const;
  const decision =
    id === 'acme'
      ? ({ ...common, kind: 'hold', because: 'stale', desired: current } as const)
      : ({ ...common, kind: 'set', change: 'grow', previous: current, desired: 4 } as const);
  return { tenantId: id, waiting: 7, active: 0, decision, newlyHeldBack: false };
}

const led = (fence: number) => ({ fence, holds: () => true });

describe('createScalingPass', () => {
  it('takes the buckets once per leadership, before its first pass', async () => {
    const { done, pass } = setUp();
    await pass.overAll(led(4));
    await pass.overAll(led(4));
    await pass.overTouched(new Set(['acme']), led(4));
    await pass.overAll(led(5));
    expect(done).toEqual([
      'take 4',
      'observe all',
      'act interval',
      'observe all',
      'act interval',
      'observe acme',
      'act touched',
      'take 5',
      'observe all',
      'act interval',
    ]);
  });

  it('measures what it saw, what is held back included', async () => {
    const { seen, pass, metrics } = setUp();
    const count = { waiting: 3, waitingInAll: 7, active: 0, arrivals: 0, serviceMs: null, oldestWaitMs: null } as const;
    seen.push({
      kind: 'counted',
      tenant: { id: 'globex', lanes: [], current: 4 },
      count: { ...count, heldBack: 'none' },
    });
    await pass.overAll(led(1));
    expect((await metrics.jobsWaiting.get()).values).toMatchObject([{ value: 7 }]);
    expect((await metrics.slotsDesired.get()).values).toMatchObject([{ value: 7 }]);
  });

  it('tells what tenants have to do in the slots that they were just given, and which could not be counted', async () => {
    const { loadsSeen, seen, pass } = setUp();
    seen.push({ kind: 'unreadable', tenant: { id: 'globex', lanes: [], current: 2 } });
    await pass.overAll(led(1));
    await pass.overTouched(new Set(['acme', 'globex']), led(1));
    const loads = [
      { kind: 'unreadable', tenantId: 'acme' },
      { kind: 'counted', tenantId: 'globex', waiting: 7, active: 0, slots: 4 },
    ];
    expect(loadsSeen).toEqual([
      { of: 'all', loads, fence: 1 },
      { of: 'some', loads, fence: 1 },
    ]);
  });

  it('does not take tenants of a bucket that could not be read for tenants without work', async () => {
    const { loadsSeen, pass } = setUp({ isWhole: false });
    await pass.overAll(led(1));
    expect(loadsSeen).toEqual([{ of: 'some', loads: [{ kind: 'unreadable', tenantId: 'acme' }], fence: 1 }]);
  });
});
