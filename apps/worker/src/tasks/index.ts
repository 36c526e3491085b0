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

/** The handler of every task that this worker can run, by name. */
export type TaskHandlers = ReadonlyMap<string, TaskHandler<never>>;

/** Dependencies of the built-in tasks' handlers. */
export interface TaskParts {
  readonly db: Database;
  readonly web: WebClient;
  readonly ga4: Ga4Client;
  /** Whether reports may read properties that are not assigned to their tenant. */
  readonly ga4AnyProperty: boolean;
  /** Root folder of exports, with one folder per tenant. */
  readonly exportsDir: string;
  /** Unix time in ms. */
  readonly now: () => number;
}

/**
 * Returns the handlers of a catalogue's tasks; this worker does not run a task without one. Does no I/O.
 * @param parts dependencies of the built-in tasks' handlers
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

/** Builds the handlers of the built-in tasks, whose contracts are defined elsewhere; does no I/O. */
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
