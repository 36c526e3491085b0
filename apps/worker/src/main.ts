import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadWorkerConfig } from './config.js';
import { exitOnStrayErrors } from './watch/strayErrors.js';
import { createWorker } from './worker.js';

const config = loadOrExit(() => loadWorkerConfig(process.env));
const log = createLogger('worker', config.log);
const machine = { now: Date.now, monotonicMs: () => performance.now(), random: Math.random, environment: process.env };
const { services, ops, workerId, running } = createWorker(config, machine, log);
exitOnStrayErrors(running, log);
await runUntilSignal(services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: ops.url(), workerId }),
});
