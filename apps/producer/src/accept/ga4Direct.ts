import type { Ga4ReportResult } from '@sluice/shared/contracts/ga4Report';
import type { Ga4ReportData } from '@sluice/shared/contracts/tasks/ga4RunReport';

/** What became of trying a report at once. */
export type DirectReport = { readonly kind: 'answered'; readonly report: Ga4ReportResult } | { readonly kind: 'queue' };

/** Runs a report at once when the tenant's quota allows it, and otherwise says that it has to be queued. */
export type TryGa4Directly = (tenantId: string, data: Ga4ReportData) => Promise<DirectReport>;

/** Every report is queued. */
export const queueEveryReport: TryGa4Directly = async () => ({ kind: 'queue' });
