import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Decider } from './decide/decider.js';
import type { Leadership } from './lead/leaderElection.js';
import type { TenantMeasures } from './measure/measureTenants.js';
import type { LoadWatch, SeenLoad } from './replicas/loadBook.js';
import type { FleetSight, SeenTenant, TenantDecision } from './tenant.js';

/** Dependencies of a scaling pass. */
export interface ScalingPassDeps {
  /** Called with a new leadership before its first pass, so that late writes of an earlier leader are refused. */
  readonly take: (leadership: Leadership) => Promise<void>;
  /** Counts the lanes of these tenants, or of all. */
  readonly observe: (wanted?: ReadonlySet<string>) => Promise<FleetSight>;
  readonly decider: Decider;
  /** Applies decisions. */
  readonly act: (decisions: readonly TenantDecision[], leadership: Leadership) => Promise<void>;
  /** Receives what every pass observed, to decide the number of worker processes. */
  readonly load: LoadWatch;
  /** Receives the same, for metrics labelled by tenant. */
  readonly measures: Pick<TenantMeasures, 'sawAll' | 'sawSome'>;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly metrics: Pick<Metrics, 'passSeconds' | 'jobsWaiting' | 'slotsDesired' | 'longestWaitSeconds'>;
}

/** One pass over the fleet: observe, decide, act. */
export interface ScalingPass {
  /** Over every tenant; may grow and shrink. */
  overAll(leadership: Leadership): Promise<void>;
  /** Over some tenants, by id, to which jobs were just added; only grows. Skips ids without lanes. */
  overTouched(touched: ReadonlySet<string>, leadership: Leadership): Promise<void>;
}

/** Creates scaling passes. */
export function createScalingPass({
  take,
  observe,
  decider,
  act,
  load,
  measures,
  monotonicMs,
  metrics,
}: ScalingPassDeps): ScalingPass {
  let takenFence: number | null = null;
  return {
    async overAll(leadership) {
      if (leadership.fence !== takenFence) await take(leadership);
      takenFence = leadership.fence;
      const took = metrics.passSeconds.startTimer();
      // Taken before counting: the counts are no older than this.
      const atMs = monotonicMs();
      const { tenants, isWhole } = await observe();
      const decisions = decider.decide(tenants, { occasion: 'interval', atMs, fence: leadership.fence });
      await act(decisions, leadership);
      // Missing tenants are not gone: while not all are seen, their previous load remains, and ages.
      if (isWhole) load.sawAll(decisions.map(loadOf), leadership.fence);
      else load.sawSome(decisions.map(loadOf), leadership.fence);
      metrics.jobsWaiting.set(sumOf(tenants, (one) => (one.kind === 'counted' ? one.count.waitingInAll : 0)));
      metrics.slotsDesired.set(sumOf(decisions, ({ decision }) => decision.desired ?? 0));
      metrics.longestWaitSeconds.set(longestWaitMs(tenants) / 1_000);
      if (isWhole) await measures.sawAll(tenants, decisions);
      else await measures.sawSome(tenants, decisions);
      took();
    },
    async overTouched(touched, leadership) {
      const atMs = monotonicMs();
      const { tenants } = await observe(touched);
      const decisions = decider.decide(tenants, { occasion: 'touched', atMs, fence: leadership.fence });
      await act(decisions, leadership);
      load.sawSome(decisions.map(loadOf), leadership.fence);
      await measures.sawSome(tenants, decisions);
    },
  };
}

/** Returns a tenant's load with its newly decided slots. */
function loadOf({ tenantId, waiting, active, decision }: TenantDecision): SeenLoad {
  if (decision.kind === 'hold' && decision.because === 'stale') return { kind: 'unreadable', tenantId };
  return { kind: 'counted', tenantId, waiting, active, slots: decision.desired ?? FLOOR_SLOTS };
}

function sumOf<Item>(items: readonly Item[], figure: (one: Item) => number): number {
  return items.reduce((sum, one) => sum + figure(one), 0);
}

function longestWaitMs(seen: readonly SeenTenant[]): number {
  return seen.reduce((most, one) => Math.max(most, one.kind === 'counted' ? (one.count.oldestWaitMs ?? 0) : 0), 0);
}
