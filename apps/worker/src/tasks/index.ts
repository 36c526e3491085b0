import type { Database } from '@sluice/fleet/postgres/connect';
import { streamJobs } from '@sluice/fleet/postgres/queries/streamJobs';
import { findTenant } from '@sluice/fleet/postgres/queries/tenants';
import type { Ga4Client } from '@sluice/ga4/server';
import { createGa4ReportHandler, createPropertiesOf } from '@sluice/ga4/server';
import type { TaskHandler } from '@sluice/tasks';
import { isTask } from '@sluice/tasks';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { WebClient } from '../network/webClient.js';
import { createJobsCsvHandler } from './exportsJobsCsv.js';
import { createWebhookHandler } from './notificationsWebhook.js';
import { createSigningSecrets } from './signingSecrets.js';
import { createFaultHandler, FAULT_EXIT_CODE } from './systemFault.js';
import { runProbe } from './systemProbe.js';

/** The code of every task that this worker can run, by name. */
export type TaskHandlers = ReadonlyMap<string, TaskHandler<never>>;

/** What the handlers of built-in tasks depend on. */
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

/**
 * The handlers of a catalogue's tasks; a task without one is not run by this worker. Does no I/O.
 * @param parts what those of the tasks that come with Sluice are built from
 */
export function buildTaskHandlers(catalogue: Pick<TaskCatalogue, 'list'>, parts: TaskParts): TaskHandlers {
  const builtIn = buildBuiltInHandlers(parts);
  return new Map(
    catalogue.list().flatMap((task) => {
      const handler = (isTask(task) ? task.handler : undefined) ?? builtIn.get(task.name);
      return handler === undefined ? [] : [[task.name, handler] as const];
    }),
  );
}

/** Builds the handlers of the tasks that come with Sluice, whose contracts are elsewhere; does no I/O. */
function buildBuiltInHandlers({ db, web, ga4, ga4AnyProperty, exportsDir, now }: TaskParts): TaskHandlers {
  const findSecret = async (tenantId: string) => (await findTenant(db, tenantId))?.signingSecret ?? null;
  const findProperties = async (tenantId: string) => (await findTenant(db, tenantId))?.ga4Properties ?? null;
  const jobsCsv = createJobsCsvHandler({
    streamJobs: (tenantId, filter) => streamJobs(db, tenantId, filter),
    exportsDir,
  });
  return new Map<string, TaskHandler<never>>([
    ['exports.jobs_csv', jobsCsv],
    ['ga4.run_report', createGa4ReportHandler(ga4, createPropertiesOf(findProperties, ga4AnyProperty, now))],
    [
      'notifications.webhook',
      createWebhookHandler({ web, now, signingSecretOf: createSigningSecrets(findSecret, now) }),
    ],
    ['system.fault', createFaultHandler({ web, exit: () => process.exit(FAULT_EXIT_CODE) })],
    ['system.probe', runProbe],
  ]);
}
