// Used by the fleet's own packages and processes; not covered by this package's compatibility guarantees.
export { builtInTasks } from './builtIn/builtInTasks.js';
export type { JobsCsvData } from './builtIn/exportsJobsCsv.js';
export type { WebhookData } from './builtIn/notificationsWebhook.js';
export type { FaultData } from './builtIn/systemFault.js';
export { faultDataSchema } from './builtIn/systemFault.js';
export type { ProbeData } from './builtIn/systemProbe.js';
export { systemProbe } from './builtIn/systemProbe.js';
export { describeIssues } from './describeIssues.js';
export type { TaskSources } from './loadFleetTasks.js';
export { loadFleetTasks } from './loadFleetTasks.js';
export { createCheckedLookup } from './network/checkedLookup.js';
export { isPublicAddress } from './network/publicAddress.js';
export type { TaskCatalogue } from './taskCatalogue.js';
export { createTaskCatalogue } from './taskCatalogue.js';
export { partOf, pauseMsAfter } from './upstreamPart.js';
