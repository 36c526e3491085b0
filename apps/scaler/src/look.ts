import type { ScalingPolicy } from '@sluice/shared/domain/scaling';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import { readFleetTable } from '@sluice/shared/redis/commands/fleetTable';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { ApplyParts } from './act/applyChanges.js';
import { applyChanges } from './act/applyChanges.js';
import { decideTenant } from './decide/decideTenant.js';
import type { Leadership } from './lead/keepLead.js';
import { countTenants } from './observe/countTenants.js';
import { groupTenants } from './observe/groupTenants.js';
import type { LoadWatch, SeenLoad } from './replicas/loadBook.js';
import type { SeenTenant, SlotChange } from './tenant.js';

/** What a look needs. */
export interface LookParts extends ApplyParts {
  readonly queues: Pick<LaneQueues, 'counts'>;
  readonly policy: ScalingPolicy;
  /** Told what every look found, to decide how many worker processes there shall be. */
  readonly load: LoadWatch;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** One look at the fleet: observe, decide, act. */
export interface Look {
  /** At every tenant; may grow and shrink. */
  atAll(leadership: Leadership): Promise<void>;
  /** At some tenants, by id, that jobs were just added to; only grows. Ids that have no lanes are passed over. */
  atTouched(touched: ReadonlySet<string>, leadership: Leadership): Promise<void>;
}

/** Makes looks. */
export function createLook(parts: LookParts): Look {
  const { redis, keys, queues, policy, metrics, log } = parts;

  async function act(changes: readonly SlotChange[], leadership: Leadership): Promise<void> {
    const made = await applyChanges(changes, leadership, parts);
    for (const { change } of changes.slice(0, made)) metrics.scalingDecisions.inc({ change });
    if (made > 0) log.info({ changes: made, fence: leadership.fence }, 'slots changed');
  }

  return {
    async atAll(leadership) {
      const took = metrics.lookSeconds.startTimer();
      const tenants = groupTenants(await readFleetTable(redis.client, keys));
      const seen = await countTenants(tenants, queues);
      const unreadable = seen.filter(({ kind }) => kind === 'unreadable').length;
      if (unreadable > 0) log.warn({ tenants: unreadable }, 'tenants could not be counted and stay as they are');
      const changes = seen.flatMap((one) => toChange(decideTenant(one, policy, 'interval')));
      await act(changes, leadership);
      parts.load.sawAll(toLoads(seen, changes), leadership.fence);
      metrics.jobsWaiting.set(sumOf(seen, (one) => (one.kind === 'counted' ? one.waiting : 0)));
      const changed = new Map(changes.map(({ tenantId, desired }) => [tenantId, desired]));
      metrics.slotsDesired.set(sumOf(seen, ({ tenant }) => changed.get(tenant.id) ?? tenant.current ?? 0));
      took();
    },
    async atTouched(touched, leadership) {
      const tenants = groupTenants(await readFleetTable(redis.client, keys, touched));
      const seen = await countTenants(
        tenants.filter(({ id }) => touched.has(id)),
        queues,
      );
      const changes = seen.flatMap((one) => toChange(decideTenant(one, policy, 'touched')));
      await act(changes, leadership);
      parts.load.sawSome(toLoads(seen, changes), leadership.fence);
    },
  };
}

function toChange(verdict: ReturnType<typeof decideTenant>): SlotChange[] {
  return verdict.kind === 'set' ? [verdict.change] : [];
}

/** What the tenants have to do in the slots that they were just given. */
function toLoads(seen: readonly SeenTenant[], changes: readonly SlotChange[]): SeenLoad[] {
  const changed = new Map(changes.map(({ tenantId, desired }) => [tenantId, desired]));
  return seen.map((one): SeenLoad => {
    const { id: tenantId, current } = one.tenant;
    if (one.kind === 'unreadable') return { kind: 'unreadable', tenantId };
    const { waiting, active } = one;
    return { kind: 'counted', tenantId, waiting, active, slots: changed.get(tenantId) ?? current ?? 1 };
  });
}

function sumOf(seen: readonly SeenTenant[], figure: (one: SeenTenant) => number): number {
  return seen.reduce((sum, one) => sum + figure(one), 0);
}
