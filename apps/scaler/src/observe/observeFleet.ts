import type { BucketSight } from '@sluice/fleet/queue/observe/observeLanes';
import { observeLanes } from '@sluice/fleet/queue/observe/observeLanes';
import type { FleetBucket } from '@sluice/fleet/redis/commands/fleetTable';
import { readBucket } from '@sluice/fleet/redis/commands/fleetTable';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { bucketOf } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { FleetSight, SeenTenant, Tenant } from '../tenant.js';
import { foldLanes } from './foldLanes.js';
import { groupTenants } from './groupTenants.js';
import { observeCircuits } from './observeCircuits.js';

/** Timeout of a read, in ms: figures from before an outage are not acted upon. */
const READ_WITHIN_MS = 5_000;

/** Dependencies of observing the fleet. */
export interface ObserveDeps {
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly tasks: Pick<TaskCatalogue, 'upstreamOfClass'>;
  readonly log: Log;
  /**
   * Cache of bucket tables, by bucket, kept up to date: a table is read again only when it has changed. No caching when
   * omitted.
   */
  readonly tables?: Map<number, FleetBucket>;
  /** Timeout per bucket, in ms; for tests. */
  readonly withinMs?: number;
}

/**
 * Counts the jobs in tenants' lanes: two round trips per bucket, three where jobs wait for an upstream, all buckets in
 * parallel. Changes nothing and never throws: tenants whose lanes could not be read are unreadable, and those of a
 * bucket whose table could not be read are missing.
 * @param wanted only these tenants, and only their buckets; all when omitted
 */
export async function observeFleet(deps: ObserveDeps, wanted?: ReadonlySet<string>): Promise<FleetSight> {
  const buckets = wanted === undefined ? BUCKETS : [...new Set(Array.from(wanted, bucketOf))];
  const failures: unknown[] = [];
  const seen = await Promise.all(
    buckets.map((bucket) => observeBucket(deps, { bucket, wanted, failed: (err) => failures.push(err) })),
  );
  if (failures.length > 0) {
    deps.log.warn(
      { component: 'observe', event: 'buckets_unreadable', err: failures[0], buckets: failures.length },
      'failed to read buckets: their tenants keep their slots',
    );
  }
  return { tenants: seen.flatMap((some) => some ?? []), isWhole: !seen.includes(null) };
}

/** A bucket to read. */
interface BucketRequest {
  readonly bucket: number;
  readonly wanted: ReadonlySet<string> | undefined;
  readonly failed: (err: unknown) => void;
}

/** Returns null when not even the bucket's table could be read. */
async function observeBucket(
  { redis, keys, tasks, tables, withinMs = READ_WITHIN_MS }: ObserveDeps,
  { bucket, wanted, failed }: BucketRequest,
): Promise<SeenTenant[] | null> {
  const known: { tenants: readonly Tenant[] | null } = { tenants: null };
  async function read(): Promise<SeenTenant[]> {
    const table = await readBucket(redis.client, keys, bucket, tables?.get(bucket));
    tables?.set(bucket, table);
    const tenants = groupTenants(table).filter(({ id }) => wanted?.has(id) ?? true);
    known.tenants = tenants;
    const names = tenants.flatMap(({ lanes }) => lanes);
    const sight = await observeLanes(redis.client, keys, bucket, names);
    return splitSight(tenants, sight, await observeCircuits(redis.client, keys, tasks, sight.lanes));
  }
  try {
    return await within(withinMs, read(), () => new Error(`not read within ${withinMs} ms`));
  } catch (err) {
    failed(err);
    return known.tenants?.map((tenant) => ({ kind: 'unreadable', tenant })) ?? null;
  }
}

/** Assigns the lanes' results back to their tenants, in the same order. */
function splitSight(
  tenants: readonly Tenant[],
  { lanes, nowMs }: BucketSight,
  circuits: ReadonlySet<string>,
): SeenTenant[] {
  let from = 0;
  return tenants.map((tenant) => {
    const own = lanes.slice(from, from + tenant.lanes.length);
    from += own.length;
    return { kind: 'counted', tenant, count: foldLanes(own, nowMs, circuits) };
  });
}
