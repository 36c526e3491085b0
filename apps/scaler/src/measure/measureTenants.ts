import type { TenantTraffic } from '@sluice/shared/domain/shownTenants';
import { OTHER_TENANTS, ShownTenants } from '@sluice/shared/domain/shownTenants';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { SeenTenant, TenantDecision } from '../tenant.js';

/** Measures tenants and selects those that metrics label by name. */
export interface TenantMeasures {
  sawAll(seen: readonly SeenTenant[], decisions: readonly TenantDecision[]): Promise<void>;
  sawSome(seen: readonly SeenTenant[], decisions: readonly TenantDecision[]): Promise<void>;
  /** Called when this process no longer leads: its measurements must no longer be published. */
  forget(): void;
}

/** Dependencies of the tenant metrics. */
export interface TenantMeasureDeps {
  readonly bounds: { readonly always: readonly string[]; readonly most: number };
  readonly slotConcurrency: number;
  /** The names published to the fleet: a new leader reads them, so that they do not change with it. */
  readonly readNames: () => Promise<readonly string[]>;
  readonly writeNames: (names: readonly string[]) => Promise<void>;
  readonly metrics: Pick<Metrics, 'tenantQueueLength' | 'tenantWorkersActive'>;
  readonly log: Log;
}

interface Figures {
  /** Waiting jobs, including those held up by a quota or a pause: these wait longest. */
  readonly length: number;
  readonly workers: number;
}

/** Measures from the passes of the leading scaler. An unavailable Redis costs labels, never a pass. */
export function createTenantMeasures(deps: TenantMeasureDeps): TenantMeasures {
  const { bounds, slotConcurrency, readNames, writeNames, metrics, log } = deps;
  let latest = new Map<string, Figures>();
  let shown: ShownTenants | null = null;
  let told = '';

  async function measure(seen: readonly SeenTenant[], kind: 'sawAll' | 'sawSome'): Promise<void> {
    try {
      shown ??= new ShownTenants(bounds, await readNames());
      shown[kind](seen.flatMap(toTraffic));
      const names = shown.names();
      publish(new Set(names), latest, metrics);
      if (names.join(' ') === told) return;
      await writeNames(names);
      told = names.join(' ');
    } catch (err) {
      log.warn(
        { component: 'metrics', event: 'metric_tenants_not_published', err },
        'failed to publish the tenants that metrics name: workers keep the previous ones',
      );
    }
  }

  const figuresOf = (seen: readonly SeenTenant[], decisions: readonly TenantDecision[]): [string, Figures][] => {
    const lengths = new Map(seen.map((one) => [one.tenant.id, one.kind === 'counted' ? one.count.waitingInAll : 0]));
    return decisions.map(({ tenantId, active, decision }) => {
      const atWork = Math.ceil(active / slotConcurrency);
      return [tenantId, { length: lengths.get(tenantId) ?? 0, workers: Math.min(atWork, decision.desired ?? atWork) }];
    });
  };

  return {
    async sawAll(seen, decisions) {
      latest = new Map(figuresOf(seen, decisions));
      await measure(seen, 'sawAll');
    },
    async sawSome(seen, decisions) {
      for (const one of figuresOf(seen, decisions)) latest.set(...one);
      await measure(seen, 'sawSome');
    },
    forget() {
      latest = new Map();
      shown = null;
      told = '';
      metrics.tenantQueueLength.reset();
      metrics.tenantWorkersActive.reset();
    },
  };
}

function toTraffic(seen: SeenTenant): TenantTraffic[] {
  if (seen.kind !== 'counted') return [{ tenantId: seen.tenant.id, held: 0, arrivals: 0 }];
  const { waitingInAll, active, arrivals } = seen.count;
  return [{ tenantId: seen.tenant.id, held: waitingInAll + active, arrivals }];
}

/** Rewrites all gauges, so that a tenant that lost its label disappears from them. */
function publish(
  names: ReadonlySet<string>,
  latest: ReadonlyMap<string, Figures>,
  { tenantQueueLength, tenantWorkersActive }: TenantMeasureDeps['metrics'],
): void {
  tenantQueueLength.reset();
  tenantWorkersActive.reset();
  let rest: Figures = { length: 0, workers: 0 };
  for (const [id, figures] of latest) {
    if (names.has(id)) {
      tenantQueueLength.set({ tenant_id: id }, figures.length);
      tenantWorkersActive.set({ tenant_id: id }, figures.workers);
    } else {
      rest = { length: rest.length + figures.length, workers: rest.workers + figures.workers };
    }
  }
  tenantQueueLength.set({ tenant_id: OTHER_TENANTS }, rest.length);
  tenantWorkersActive.set({ tenant_id: OTHER_TENANTS }, rest.workers);
}
