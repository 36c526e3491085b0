import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TenantTraffic } from './shownTenants.js';
import { OTHER_TENANTS, ShownTenants } from './shownTenants.js';

const busy = (tenantId: string, held: number, arrivals = 0): TenantTraffic => ({ tenantId, held, arrivals });

describe('ShownTenants', () => {
  it('never names more than the list and the bound together, nor the word for the rest', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', OTHER_TENANTS);
    const traffic = fc.uniqueArray(fc.record({ tenantId: id, held: fc.nat(9), arrivals: fc.nat(99) }), {
      selector: ({ tenantId }) => tenantId,
    });
    const looks = fc.array(fc.record({ isWhole: fc.boolean(), traffic }), { maxLength: 12 });
    const run = fc.record({
      always: fc.uniqueArray(id, { maxLength: 3 }),
      most: fc.nat(4),
      before: fc.array(id),
      looks,
    });
    fc.assert(
      fc.property(run, ({ always, most, before, looks: all }) => {
        const shown = new ShownTenants({ always, most }, before);
        for (const look of all) {
          if (look.isWhole) shown.sawAll(look.traffic);
          else shown.sawSome(look.traffic);
          const names = shown.names();
          expect(names.length).toBeLessThanOrEqual(always.length + most);
          expect(new Set(names).size).toBe(names.length);
          expect(names).not.toContain(OTHER_TENANTS);
        }
      }),
    );
  });

  it('names the busiest, and the listed ones beside them', () => {
    const shown = new ShownTenants({ always: ['vip'], most: 2 });
    shown.sawAll([busy('a', 1), busy('b', 9), busy('c', 5), busy('vip', 0)]);
    expect(shown.names()).toEqual(['vip', 'b', 'c']);
  });

  it('keeps its names while tenants are about as busy as each other', () => {
    const shown = new ShownTenants({ always: [], most: 1 });
    shown.sawAll([busy('a', 10), busy('b', 9)]);
    for (let look = 0; look < 20; look++) {
      shown.sawAll([busy('a', 8 + (look % 2) * 4), busy('b', 12 - (look % 2) * 4)]);
      expect(shown.names()).toEqual(['a']);
    }
  });

  it('gives a place to one that is much busier, and takes that of a tenant that is gone', () => {
    const shown = new ShownTenants({ always: [], most: 1 });
    shown.sawAll([busy('a', 1)]);
    shown.sawAll([busy('a', 1), busy('b', 50)]);
    expect(shown.names()).toEqual(['b']);
    shown.sawAll([busy('a', 1)]);
    expect(shown.names()).toEqual(['a']);
  });

  it('sees traffic of jobs that come and go between two looks', () => {
    const shown = new ShownTenants({ always: [], most: 1 });
    shown.sawAll([busy('a', 2, 100), busy('b', 0, 100)]);
    shown.sawAll([busy('a', 2, 100), busy('b', 0, 900)]);
    expect(shown.names()).toEqual(['b']);
  });

  it('gives free places at once, and takes none then', () => {
    const shown = new ShownTenants({ always: [], most: 2 }, ['a']);
    shown.sawSome([busy('b', 1), busy('c', 99)]);
    expect(shown.names()).toEqual(['a', 'b']);
  });
});
