import { createPostgres } from '@sluice/fleet/postgres/connect';
import { ga4RunReport } from '@sluice/ga4';
import { createGa4Client } from '@sluice/ga4/server';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { JobContext } from '@sluice/tasks';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { createAttemptStop } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { createEffects } from '../execute/effects.js';
import { executeTask } from '../execute/executeTask.js';
import { createWebClient } from '../network/webClient.js';
import { buildTaskHandlers } from '../tasks/index.js';
import { createWatchdog } from '../watch/watchdog.js';
import type { ChildMessage, ChildSetup, ParentMessage } from './messages.js';
import { toLastWord } from './messages.js';
import { createCalls } from './parentCalls.js';

/** Maximum PostgreSQL connections of an isolated attempt, for its task and its effects. */
const POOL_SIZE = 2;

/** No deadline here: the parent's ends the attempt. */
const NO_DEADLINE_MS = 2_147_483_647;

const stop = createAttemptStop();
const log = createLogger('attempt', { level: 'warn' });
const calls = createCalls((message) => void say(message));

// The parent decides when to stop: a terminal's Ctrl-C reaches this process as well.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
// The parent is gone, so nobody awaits the attempt.
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ParentMessage) => {
  if (message.kind === 'run') void run(message);
  else if (message.kind === 'stop') stop.stop(message.reason);
  else calls.answered(message);
});

async function run({ setup, attempt }: Extract<ParentMessage, { kind: 'run' }>): Promise<void> {
  // A blocked event loop would otherwise outlive the parent.
  const watchdog = createWatchdog({ name: 'attempt', blockedMs: setup.blockedMs, parentPid: Number(process.argv[2]) });
  await watchdog.start();
  const execution = await execute(setup, attempt).catch((error: unknown): Execution => ({ kind: 'threw', error }));
  await say(toLastWord(execution));
  process.exit(0);
}

async function execute(
  setup: ChildSetup,
  { task, data, jobId, tenantId, fence, traceparent }: Extract<ParentMessage, { kind: 'run' }>['attempt'],
): Promise<Execution> {
  const tasks = await loadFleetTasks(setup.tasks, [ga4RunReport]).catch((cause: unknown) => {
    // The worker could import the modules, so the failure is transient: a module is being replaced, or a resource is
    // short.
    throw new FleetError('unavailable', String(cause), { cause });
  });
  const contract = tasks.find(task);
  if (contract === undefined) return { kind: 'threw', error: new FleetError('unknown_task', `no task ${task}`) };
  const db = createPostgres({ ...setup.postgres, poolSize: POOL_SIZE }, log).db;
  const effects = createEffects({ db: createPostgres({ ...setup.postgres, poolSize: POOL_SIZE }, log).db, log });
  const web = createWebClient({ allowPrivateAddresses: setup.allowPrivateAddresses });
  const { allowPrivateAddresses, ga4: settings } = setup;
  const ga4 = createGa4Client({ settings, allowPrivateAddresses, now: systemClock.now });
  const handlers = buildTaskHandlers(tasks, {
    db,
    web,
    ga4,
    ga4AnyProperty: settings.anyProperty,
    exportsDir: setup.exportsDir,
    now: systemClock.now,
  });
  const handler = handlers.get(task);
  if (handler === undefined) return { kind: 'threw', error: new FleetError('unknown_task', `no handler of ${task}`) };
  const context: Omit<JobContext, 'signal'> = {
    jobId,
    tenantId,
    attempt: fence,
    traceparent,
    progress: calls.progress,
    log: calls.log,
    once: effects.of({ jobId, fence }, stop),
  };
  await say({ kind: 'started' });
  return executeTask({ contract, handler }, data, { ...context, timeoutMs: NO_DEADLINE_MS }, stop);
}

/** Resolves when the message is sent, or the channel is closed. */
function say(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
