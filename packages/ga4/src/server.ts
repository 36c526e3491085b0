/** Calls of Google Analytics 4: the worker's handler, and direct calls for a service of your own. */
export { fetchPageViews } from './fetchPageViews.js';
export type { Ga4Settings } from './ga4Access.js';
export type { Ga4Client } from './ga4Client.js';
export { createGa4Client } from './ga4Client.js';
export { createGa4ReportHandler } from './ga4Handler.js';
export type { Ga4CallSettings, Ga4Calls } from './openGa4Calls.js';
export { openGa4Calls } from './openGa4Calls.js';
export type { PropertiesOf } from './propertiesOf.js';
export { createPropertiesOf } from './propertiesOf.js';
export { runGa4Report } from './runGa4Report.js';
