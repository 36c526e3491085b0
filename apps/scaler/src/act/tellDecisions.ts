import type { Log } from '@sluice/shared/lifecycle/service';
import type { TenantDecision } from '../tenant.js';

/**
 * Says what was decided and makes nothing of it real. Every decision with a point is a line at level info; what stays
 * as it is, because it is as wanted, is one at level debug.
 */
export function tellDecisions(decisions: readonly TenantDecision[], log: Log): void {
  for (const { tenantId, waiting, active, decision } of decisions) {
    const say = decision.kind === 'hold' && decision.because === 'unchanged' ? log.debug : log.info;
    say.call(log, { tenantId, waiting, active, ...decision }, 'decided, and not done');
  }
}
