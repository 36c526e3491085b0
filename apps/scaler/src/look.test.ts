import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { describe, expect, it } from 'vitest';
import { createLook } from './look.js';
import type { SeenTenant, TenantDecision } from './tenant.js';

function setUp() {
  const done: string[] = [];
  const seen: SeenTenant[] = [{ kind: 'unreadable', tenant: { id: 'acme', lanes: [], current: 3 } }];
  const metrics = createMetrics('test');
  const look = createLook({
    take: async ({ fence }) => void done.push(`take ${fence}`),
    observe: async (wanted) => {
      done.push(wanted === undefined ? 'observe all' : `observe ${[...wanted].join(' ')}`);
      return seen;
    },
    decider: {
      decide: (all, { occasion }): TenantDecision[] => {
        const hold = { kind: 'hold', because: 'stale', policy: 'queue-length', reason: occasion } as const;
        return all.map(({ tenant }) => ({
          tenantId: tenant.id,
          waiting: 7,
          active: 0,
          decision: { ...hold, desired: tenant.current },
          newlyHeldBack: false,
        }));
      },
    },
    act: async (decisions) => void done.push(`act ${decisions.map(({ decision }) => decision.reason).join(' ')}`),
    monotonicMs: () => 0,
    metrics,
  });
  return { done, look, metrics };
}

const led = (fence: number) => ({ fence, holds: () => true });

describe('createLook', () => {
  it('takes the buckets once per leadership, before it looks', async () => {
    const { done, look } = setUp();
    await look.atAll(led(4));
    await look.atAll(led(4));
    await look.atTouched(new Set(['acme']), led(4));
    await look.atAll(led(5));
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

  it('measures what it saw', async () => {
    const { look, metrics } = setUp();
    await look.atAll(led(1));
    expect((await metrics.jobsWaiting.get()).values).toMatchObject([{ value: 7 }]);
    expect((await metrics.slotsDesired.get()).values).toMatchObject([{ value: 3 }]);
  });
});
