import type { TaskHandler } from '@sluice/tasks';
import type { Ga4ReportData } from './contract/ga4RunReport.js';
import { createGa4Call } from './ga4Call.js';
import type { Ga4Client } from './ga4Client.js';
import type { PropertiesOf } from './propertiesOf.js';

/**
 * Runs reports; throws what {@link createGa4Call} throws. `forbidden` is checked here too: jobs of plain BullMQ clients
 * bypass the producer, and a tenant's list may have changed while a job waited. A report only reads, so running it
 * twice is harmless.
 */
export function createGa4ReportHandler(ga4: Ga4Client, propertiesOf: PropertiesOf): TaskHandler<Ga4ReportData> {
  return (data, context) => createGa4Call(ga4, context.tenantId, propertiesOf)(data, context);
}
