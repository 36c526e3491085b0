import { bucketOf } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { BucketSight } from '@sluice/shared/queue/observeLanes';
import { observeLanes } from '@sluice/shared/queue/observeLanes';
import { readBuckets } from '@sluice/shared/redis/commands/fleetTable';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import { BUCKETS } from '@sluice/shared/redis/keys';
import type { SeenTenant, Tenant } from '../tenant.js';
import { foldLanes } from './foldLanes.js';
import { groupTenants } from './groupTenants.js';

/** What has not been read after this long is not known, in ms: figures of before an outage are not acted upon. */
const READ_WITHIN_MS = 5_000;

/** What observing needs. */
export interface ObserveParts {
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly log: Log;
  /** Another time limit per bucket, in ms; for tests. */
  readonly withinMs?: number;
}

/**
 * Looks at tenants: two round trips per bucket, all buckets at once. Changes nothing and never throws: tenants whose
 * lanes could not be read are unreadable, and those of a bucket whose table could not be read are missing.
 * @param wanted only these tenants, and only their buckets; all when left out
 */
export async function observeFleet(parts: ObserveParts, wanted?: ReadonlySet<string>): Promise<SeenTenant[]> {
  const buckets = wanted === undefined ? BUCKETS : [...new Set(Array.from(wanted, bucketOf))];
  const seen = await Promise.all(buckets.map((bucket) => observeBucket(parts, bucket, wanted)));
  return seen.flat();
}

async function observeBucket(
  { redis, keys, log, withinMs = READ_WITHIN_MS }: ObserveParts,
  bucket: number,
  wanted: ReadonlySet<string> | undefined,
): Promise<SeenTenant[]> {
  let tenants: readonly Tenant[] = [];
  async function look(): Promise<SeenTenant[]> {
    const [table] = await readBuckets(redis.client, keys, [bucket]);
    if (table === undefined) return [];
    tenants = groupTenants(table).filter(({ id }) => wanted?.has(id) ?? true);
    const names = tenants.flatMap(({ lanes }) => lanes);
    return splitSight(tenants, await observeLanes(redis.client, keys, bucket, names));
  }
  try {
    return await within(withinMs, look(), () => new Error(`not read within ${withinMs} ms`));
  } catch (err) {
    log.warn({ err, bucket, tenants: tenants.length }, 'a bucket could not be read; its tenants stay as they are');
    return tenants.map((tenant) => ({ kind: 'unreadable', tenant }));
  }
}

/** Gives each tenant the lanes that were asked about for it, in the same order. */
function splitSight(tenants: readonly Tenant[], { lanes, nowMs }: BucketSight): SeenTenant[] {
  let from = 0;
  return tenants.map((tenant) => {
    const own = lanes.slice(from, from + tenant.lanes.length);
    from += own.length;
    return { kind: 'counted', tenant, count: foldLanes(own, nowMs) };
  });
}
