import type { TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { TaskContract } from '@sluice/shared/contracts/task';
import type { TASKS, TaskName } from '@sluice/shared/contracts/taskCatalogue';
import type { Ga4Client } from '@sluice/shared/ga4/ga4Client';
import { createPropertiesOf } from '@sluice/shared/ga4/propertiesOf';
import type { Database } from '@sluice/shared/postgres/connect';
import { streamJobs } from '@sluice/shared/postgres/queries/streamJobs';
import { findTenant } from '@sluice/shared/postgres/queries/tenants';
import type { WebClient } from '../network/webClient.js';
import { createJobsCsvHandler } from './exportsJobsCsv.js';
import { createGa4ReportHandler } from './ga4/ga4RunReport.js';
import { createWebhookHandler } from './notificationsWebhook.js';
import { createSigningSecrets } from './signingSecrets.js';
import { createFaultHandler, FAULT_EXIT_CODE } from './systemFault.js';
import { runProbe } from './systemProbe.js';

type DataOf<Contract> = Contract extends TaskContract<infer Data> ? Data : never;

/** The code of every task of the catalogue, by name. A task without a handler does not compile. */
export type TaskHandlers = { readonly [Name in TaskName]: TaskHandler<DataOf<(typeof TASKS)[Name]>> };

/** All that the tasks' handlers are built from. */
export interface TaskParts {
  readonly db: Database;
  readonly web: WebClient;
  readonly ga4: Ga4Client;
  /** Whether reports may read properties that their tenant was not given. */
  readonly ga4AnyProperty: boolean;
  /** Folder that exports are written below, one folder per tenant. */
  readonly exportsDir: string;
  /** Unix time in ms. */
  readonly now: () => number;
}

/** Builds every task's handler; does no I/O. */
export function buildTaskHandlers({ db, web, ga4, ga4AnyProperty, exportsDir, now }: TaskParts): TaskHandlers {
  const findSecret = async (tenantId: string) => (await findTenant(db, tenantId))?.signingSecret ?? null;
  const findProperties = async (tenantId: string) => (await findTenant(db, tenantId))?.ga4Properties ?? null;
  return {
    'exports.jobs_csv': createJobsCsvHandler({
      streamJobs: (tenantId, filter) => streamJobs(db, tenantId, filter),
      exportsDir,
    }),
    'ga4.run_report': createGa4ReportHandler(ga4, createPropertiesOf(findProperties, ga4AnyProperty, now)),
    'notifications.webhook': createWebhookHandler({ web, now, signingSecretOf: createSigningSecrets(findSecret, now) }),
    'system.fault': createFaultHandler({ web, exit: () => process.exit(FAULT_EXIT_CODE) }),
    'system.probe': runProbe,
  };
}
