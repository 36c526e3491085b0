import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TENANT_ROLES } from '../contracts/identity.js';
import { queuePriority } from './priority.js';

const roles = fc.constantFrom(...TENANT_ROLES);
const priorities = fc.integer({ min: 0, max: 100 });

describe('queuePriority', () => {
  it('is a whole number from 1 to 25,001, so that no job jumps the queue by having none', () => {
    fc.assert(
      fc.property(roles, priorities, (role, priority) => {
        const value = queuePriority(role, priority);
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(25_001);
      }),
    );
    expect(queuePriority('owner', 100)).toBe(1);
    expect(queuePriority('viewer', 0)).toBe(25_001);
  });

  it('puts the higher priority first within a role', () => {
    fc.assert(
      fc.property(roles, priorities, priorities, (role, a, b) => {
        expect(Math.sign(queuePriority(role, a) - queuePriority(role, b))).toBe(Math.sign(b - a));
      }),
    );
  });

  it('puts the more powerful role first at the same priority', () => {
    fc.assert(
      fc.property(priorities, (priority) => {
        const order = TENANT_ROLES.map((role) => queuePriority(role, priority));
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(new Set(order).size).toBe(TENANT_ROLES.length);
      }),
    );
  });

  it('sets a role against priority steps as required: an owner is 100 steps ahead of a member, a viewer 50 behind', () => {
    expect(queuePriority('owner', 0)).toBe(queuePriority('member', 100));
    expect(queuePriority('viewer', 50)).toBe(queuePriority('member', 0));
    expect(queuePriority('admin', 50)).toBe(queuePriority('member', 100));
  });
});
