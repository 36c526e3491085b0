import { OTHER_TENANTS } from '@sluice/shared/domain/shownTenants';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import { RecentShare } from './recentShare.js';
import { PERCENTILES, RecentWaits } from './recentWaits.js';

/** Measures the outcomes of tenants' jobs in this process, under a bounded set of names. */
export interface TenantMeasures {
  waited(tenantId: string, seconds: number): void;
  ran(tenantId: string, seconds: number): void;
  /** @param outcome what became of the attempt, as `AttemptVerdict` calls it */
  ended(tenantId: string, outcome: string): void;
}

/** Dependencies of the tenant metrics. */
export interface TenantMeasureDeps {
  /** Reads the tenants that the leading scaler chose as label values. */
  readonly readNames: () => Promise<readonly string[]>;
  readonly metrics: Metrics;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** Outcomes after which the job is tried again: it failed, or its upstream asked it, or its whole lane, to wait. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(['retry', 'defer', 'hold-back']);

/** How often the names are read and the recent percentiles and ratios computed, in ms. */
const REFRESH_MS = 2_000;

/**
 * A tenant's counters continue while it is labelled by name. When its label is dropped, its series is removed and its
 * later activity counts as `other`: earlier activity is not moved there, so that no counter jumps or decreases, and
 * every rate is right.
 */
export function createTenantMeasures(deps: TenantMeasureDeps): TenantMeasures & PeriodicService {
  const { readNames, metrics, monotonicMs, log } = deps;
  let names: ReadonlySet<string> = new Set();
  const shares = new Map<string, RecentShare>();
  const waits = new Map<string, RecentWaits>();
  const labelOf = (tenantId: string): string => (names.has(tenantId) ? tenantId : OTHER_TENANTS);
  const counted = [metrics.tenantWaitSeconds, metrics.tenantProcessingSeconds, metrics.tenantRetries];

  function removeWaits(label: string): void {
    for (const percentile of PERCENTILES) metrics.tenantWaitPercentiles.remove({ tenant_id: label, percentile });
  }

  function follow(next: ReadonlySet<string>): void {
    for (const gone of names) {
      if (next.has(gone)) continue;
      for (const metric of [...counted, metrics.tenantSuccessRate]) metric.remove({ tenant_id: gone });
      removeWaits(gone);
      shares.delete(gone);
      waits.delete(gone);
    }
    names = next;
  }

  function refreshShares(): void {
    for (const [label, share] of shares) {
      const rate = share.at(monotonicMs());
      if (rate === null) metrics.tenantSuccessRate.remove({ tenant_id: label });
      else metrics.tenantSuccessRate.set({ tenant_id: label }, rate);
    }
  }

  function refreshWaits(): void {
    for (const [label, recent] of waits) {
      const told = recent.at(monotonicMs());
      if (told === null) removeWaits(label);
      else {
        for (const percentile of PERCENTILES) {
          metrics.tenantWaitPercentiles.set({ tenant_id: label, percentile }, told[percentile]);
        }
      }
    }
  }

  function noteWait(label: string, seconds: number): void {
    const recent = waits.get(label) ?? new RecentWaits();
    waits.set(label, recent);
    recent.note(seconds, monotonicMs());
  }

  function noteEnd(label: string, isSuccess: boolean): void {
    const share = shares.get(label) ?? new RecentShare();
    shares.set(label, share);
    share.note(isSuccess, monotonicMs());
  }

  const loop = runEvery(
    'tenant measures',
    REFRESH_MS,
    async () => {
      refreshShares();
      refreshWaits();
      follow(new Set(await readNames()));
    },
    log,
  );
  return {
    ...loop,
    waited(tenantId, seconds) {
      const label = labelOf(tenantId);
      metrics.tenantWaitSeconds.observe({ tenant_id: label }, seconds);
      noteWait(label, seconds);
    },
    ran(tenantId, seconds) {
      metrics.tenantProcessingSeconds.observe({ tenant_id: labelOf(tenantId) }, seconds);
    },
    ended(tenantId, outcome) {
      const label = labelOf(tenantId);
      if (TRIED_AGAIN.has(outcome)) metrics.tenantRetries.inc({ tenant_id: label });
      else if (outcome === 'completed' || outcome === 'bury') noteEnd(label, outcome === 'completed');
    },
  };
}
