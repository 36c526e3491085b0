import type { TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { Ga4ReportData } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { createGa4Call } from '@sluice/shared/ga4/ga4Call';
import type { Ga4Client } from '@sluice/shared/ga4/ga4Client';
import type { PropertiesOf } from '@sluice/shared/ga4/propertiesOf';

/**
 * Runs reports; throws what {@link createGa4Call} throws, `forbidden` too: jobs of plain BullMQ clients come past the producer,
 * and a tenant's list may have changed while a job waited. A report only reads, so that running it twice is harmless.
 */
export function createGa4ReportHandler(ga4: Ga4Client, propertiesOf: PropertiesOf): TaskHandler<Ga4ReportData> {
  return (data, context) => createGa4Call(ga4, context.tenantId, propertiesOf)(data, context);
}
