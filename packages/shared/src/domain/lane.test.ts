import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEAD_LETTER_CLASS, QUEUE_CLASS } from '../contracts/queueClass.js';
import { TENANT_ID } from '../contracts/tenant.js';
import { BUCKET_COUNT, bucketOf, classOfLane, laneName, tenantOfLane } from './lane.js';

const tenants = fc.stringMatching(TENANT_ID);
const classes = fc.oneof(fc.stringMatching(QUEUE_CLASS), fc.constant(DEAD_LETTER_CLASS));

describe('laneName', () => {
  it('can be taken apart into the tenant and the class that it was made of', () => {
    fc.assert(
      fc.property(tenants, classes, (tenantId, queueClass) => {
        const name = laneName({ tenantId, queueClass });
        expect(tenantOfLane(name)).toBe(tenantId);
        expect(classOfLane(name)).toBe(queueClass);
      }),
    );
  });

  it('is never the same for two lanes, and holds nothing that BullMQ or Redis reads as syntax', () => {
    fc.assert(
      fc.property(tenants, classes, tenants, classes, (tenantA, classA, tenantB, classB) => {
        const a = laneName({ tenantId: tenantA, queueClass: classA });
        const b = laneName({ tenantId: tenantB, queueClass: classB });
        expect(a === b).toBe(tenantA === tenantB && classA === classB);
        expect(a).toMatch(/^[a-z0-9-]+\.[a-z0-9_]+$/);
      }),
    );
  });
});

describe('bucketOf', () => {
  it('is one of the buckets, and stays what it was on live data', () => {
    fc.assert(
      fc.property(tenants, (tenantId) => {
        expect(bucketOf(tenantId)).toBeGreaterThanOrEqual(0);
        expect(bucketOf(tenantId)).toBeLessThan(BUCKET_COUNT);
      }),
    );
    expect(BUCKET_COUNT).toBe(64);
    expect(['acme', 'globex', 'initech'].map(bucketOf)).toEqual([2, 3, 58]);
  });

  it('spreads numbered tenants evenly: no bucket is off its share by more than chance allows', () => {
    const tenantCount = 64_000;
    const counts = new Array<number>(BUCKET_COUNT).fill(0);
    for (let n = 0; n < tenantCount; n++) {
      const bucket = bucketOf(`tenant-${n}`);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    const share = tenantCount / BUCKET_COUNT;
    const chiSquare = counts.reduce((sum, count) => sum + (count - share) ** 2 / share, 0);
    // 99.99 % quantile of chi-square with 63 degrees of freedom is 113.
    expect(chiSquare).toBeLessThan(113);
  });
});
