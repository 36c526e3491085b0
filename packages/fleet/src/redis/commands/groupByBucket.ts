import { bucketOf } from '@sluice/shared/domain/lane';

/** Groups items by the bucket of their tenant, for one call per bucket. */
export function groupByBucket<Item>(items: Iterable<Item>, tenantOf: (item: Item) => string): Map<number, Item[]> {
  const byBucket = new Map<number, Item[]>();
  for (const item of items) {
    const bucket = bucketOf(tenantOf(item));
    const some = byBucket.get(bucket);
    if (some === undefined) byBucket.set(bucket, [item]);
    else some.push(item);
  }
  return byBucket;
}
