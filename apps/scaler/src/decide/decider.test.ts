import { describe, expect, it } from 'vitest';
import type { ScalingSettings } from '../domain/scaling/decideSlots.js';
import type { SeenTenant, TenantCount } from '../tenant.js';
import { createDecider } from './decider.js';

const bounds = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 };
const byLength: ScalingSettings = { policy: { kind: 'queue-length', ...bounds }, stabilisationMs: 60_000 };
const byArrivals: ScalingSettings = {
  policy: { kind: 'wait-target', ...bounds, drainTargetSeconds: 60 },
  stabilisationMs: 0,
};

function counted(count: Partial<TenantCount>, current: number | null = 1): SeenTenant {
  const idle = {
    waiting: 0,
    waitingInAll: 0,
    active: 0,
    arrivals: 0,
    serviceMs: null,
    oldestWaitMs: null,
    heldBack: 'none',
  } as const;
  return { kind: 'counted', tenant: { id: 'acme', lanes: [], current }, count: { ...idle, ...count } };
}

function at(atMs: number, fence = 1) {
  return { occasion: 'interval', atMs, fence } as const;
}

describe('createDecider', () => {
  it("remembers each tenant's window from pass to pass", () => {
    const decider = createDecider(byLength);
    expect(decider.decide([counted({ waiting: 60 })], at(0))).toMatchObject([
      { tenantId: 'acme', waiting: 60, decision: { kind: 'set', desired: 5 } },
    ]);
    const [held] = decider.decide([counted({}, 5)], at(59_999));
    expect(held?.decision).toMatchObject({ kind: 'hold', because: 'stabilising' });
    expect(decider.decide([counted({}, 5)], at(60_000))).toMatchObject([{ decision: { desired: 1 } }]);
  });

  it('begins anew under another leadership, and shrinks nobody for one window', () => {
    const decider = createDecider(byLength);
    decider.decide([counted({}, 1)], at(0, 1));
    expect(decider.decide([counted({}, 5)], at(90_000, 2))).toMatchObject([{ decision: { because: 'stabilising' } }]);
    expect(decider.decide([counted({}, 5)], at(150_000, 2))).toMatchObject([{ decision: { desired: 1 } }]);
  });

  it('forgets a tenant that a full pass does not find', () => {
    const decider = createDecider(byLength);
    decider.decide([counted({}, 5)], at(0));
    decider.decide([], at(50_000));
    expect(decider.decide([counted({}, 5)], at(60_000))).toMatchObject([{ decision: { because: 'stabilising' } }]);
  });

  it('says once that a tenant is kept from growing, and again after it was free', () => {
    const decider = createDecider(byLength);
    const paused = counted({ waiting: 60, heldBack: 'paused' });
    const told = (seen: SeenTenant, atMs: number) => decider.decide([seen], at(atMs))[0]?.newlyHeldBack;
    expect(told(paused, 0)).toBe(true);
    expect(told(paused, 1)).toBe(false);
    expect(decider.decide([paused], { ...at(2), occasion: 'touched' })[0]?.newlyHeldBack).toBe(false);
    expect(told(counted({}), 3)).toBe(false);
    expect(told(paused, 4)).toBe(true);
  });

  it('measures arrivals between passes', () => {
    const decider = createDecider(byArrivals);
    decider.decide([counted({ arrivals: 100, serviceMs: 1_000 })], at(0));
    const [decided] = decider.decide([counted({ arrivals: 128, serviceMs: 1_000 })], at(10_000));
    expect(decided?.decision).toMatchObject({ kind: 'set', desired: 4, policy: 'wait-target' });
    expect(decided?.decision.reason).toContain('2.8/s arriving');
  });

  it('holds what could not be read', () => {
    const decider = createDecider(byLength);
    const unreadable: SeenTenant = { kind: 'unreadable', tenant: { id: 'acme', lanes: [], current: 5 } };
    expect(decider.decide([unreadable], at(0))).toMatchObject([
      { decision: { kind: 'hold', because: 'stale', desired: 5 } },
    ]);
  });
});
