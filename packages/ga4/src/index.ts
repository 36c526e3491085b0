/**
 * Google Analytics 4 reports as a task: its contract, its quota calculations, and which properties a tenant may read.
 */
export type { Ga4Properties } from './contract/ga4Property.js';
export { ga4PropertyIdSchema } from './contract/ga4Property.js';
export type { Ga4PropertyQuota } from './contract/ga4PropertyQuota.js';
export type { Ga4ReportResult } from './contract/ga4Report.js';
export { ga4ReportBodySchema, ga4ReportQueuedSchema, ga4ReportResultSchema } from './contract/ga4Report.js';
export type { Ga4ReportData } from './contract/ga4RunReport.js';
export { ga4ReportDataSchema, ga4RunReport } from './contract/ga4RunReport.js';
export { ga4PropertyRefusal } from './ga4PropertyRefusal.js';
