import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Decider } from './decide/decider.js';
import type { Leadership } from './lead/leaderElection.js';
import type { TenantMeasures } from './measure/measureTenants.js';
import type { LoadWatch, SeenLoad } from './replicas/loadBook.js';
import type { FleetSight, SeenTenant, TenantDecision } from './tenant.js';

/** Dependencies of a scaling pass. */
export interface ScalingPassDeps {
  /** Told of a new leadership before its first pass, so that what an earlier leader still writes is refused. */
  readonly take: (leadership: Leadership) => Promise<void>;
  /** Counts the lanes of these tenants, or of all. */
  readonly observe: (wanted?: ReadonlySet<string>) => Promise<FleetSight>;
  readonly decider: Decider;
  /** Makes decisions real. */
  readonly act: (decisions: readonly TenantDecision[], leadership: Leadership) => Promise<void>;
  /** Told what every pass found, to decide how many worker processes there shall be. */
  readonly load: LoadWatch;
  /** Told the same, for metrics that name tenants. */
  readonly measures: Pick<TenantMeasures, 'sawAll' | 'sawSome'>;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly metrics: Pick<Metrics, 'passSeconds' | 'jobsWaiting' | 'slotsDesired' | 'longestWaitSeconds'>;
}

/** One pass over the fleet: observe, decide, act. */
export interface ScalingPass {
  /** Over every tenant; may grow and shrink. */
  overAll(leadership: Leadership): Promise<void>;
  /** Over some tenants, by id, to which jobs were just added; only grows. Ids that have no lanes are passed over. */
  overTouched(touched: ReadonlySet<string>, leadership: Leadership): Promise<void>;
}

/** Makes scaling passes. */
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
      // From before the counting: what is counted is no older than this.
      const atMs = monotonicMs();
      const { tenants, isWhole } = await observe();
      const decisions = decider.decide(tenants, { occasion: 'interval', atMs, fence: leadership.fence });
      await act(decisions, leadership);
      // Tenants that are missing are not gone: while not all are seen, what was known of them stands, and grows old.
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

/** What a tenant has to do in the slots that it was just given. */
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
