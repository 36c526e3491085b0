import { describe, expect, it } from 'vitest';
import type { SeenTenant } from '../tenant.js';
import { decideTenant } from './decideTenant.js';

const policy = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 };

function counted(waiting: number, current: number | null): SeenTenant {
  return { kind: 'counted', tenant: { id: 'acme', lanes: [], current }, waiting, active: 0 };
}

describe('decideTenant', () => {
  it('decides on a tenant that was never decided on, even when it stays at the floor', () => {
    expect(decideTenant(counted(0, null), policy, 'touched')).toMatchObject({
      kind: 'set',
      change: { tenantId: 'acme', previous: null, desired: 1, waiting: 0 },
    });
  });

  it('grows on either occasion', () => {
    for (const occasion of ['interval', 'touched'] as const) {
      expect(decideTenant(counted(60, 1), policy, occasion)).toMatchObject({ kind: 'set', change: { desired: 5 } });
    }
  });

  it('shrinks at the interval alone', () => {
    expect(decideTenant(counted(0, 5), policy, 'interval')).toMatchObject({ kind: 'set', change: { desired: 1 } });
    expect(decideTenant(counted(0, 5), policy, 'touched')).toMatchObject({
      kind: 'hold',
      because: 'shrinks-at-interval',
    });
  });

  it('holds what need not change, and what it could not read', () => {
    expect(decideTenant(counted(25, 3), policy, 'interval')).toMatchObject({ kind: 'hold', because: 'unchanged' });
    const unreadable: SeenTenant = { kind: 'unreadable', tenant: { id: 'acme', lanes: [], current: 5 } };
    expect(decideTenant(unreadable, policy, 'interval')).toMatchObject({ kind: 'hold', because: 'stale' });
  });
});
