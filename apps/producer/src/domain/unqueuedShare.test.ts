import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayWaitUnqueued } from './unqueuedShare.js';

const TENANTS = ['loud', 'quiet', 'third'] as const;

describe('mayWaitUnqueued', () => {
  it('never goes beyond the bound, and refuses nobody who has less than a quarter of it before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.constantFrom(...TENANTS), { maxLength: 400 }),
        (most, asking) => {
          const own = new Map<string, number>();
          let all = 0;
          for (const tenant of asking) {
            const jobs = own.get(tenant) ?? 0;
            const may = mayWaitUnqueued({ all, own: jobs }, most);
            if (all < most && jobs < Math.floor(most / 4)) expect(may).toBe(true);
            if (!may) continue;
            own.set(tenant, jobs + 1);
            all++;
          }
          expect(all).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it('lets a tenant that is alone have three quarters, and another the rest', () => {
    expect(mayWaitUnqueued({ all: 224, own: 224 }, 300)).toBe(true);
    expect(mayWaitUnqueued({ all: 225, own: 225 }, 300)).toBe(false);
    expect(mayWaitUnqueued({ all: 225, own: 0 }, 300)).toBe(true);
    expect(mayWaitUnqueued({ all: 299, own: 74 }, 300)).toBe(true);
    expect(mayWaitUnqueued({ all: 299, own: 75 }, 300)).toBe(false);
    expect(mayWaitUnqueued({ all: 0, own: 0 }, 1)).toBe(true);
  });
});
