import type { Log } from '@sluice/shared/lifecycle/service';
import type { TenantDecision } from '../tenant.js';

/** Logs decisions without applying them: at level debug when a tenant's slots stay as desired, otherwise at info. */
export function tellDecisions(decisions: readonly TenantDecision[], log: Log): void {
  for (const { tenantId, waiting, active, decision } of decisions) {
    const level = decision.kind === 'hold' && decision.because === 'unchanged' ? 'debug' : 'info';
    log[level](
      { component: 'scaling', event: 'decision_not_applied', tenantId, waiting, active, ...decision },
      'dry run: decision not applied',
    );
  }
}
