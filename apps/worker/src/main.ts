import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { loadConfig } from '@sluice/shared/config/setting';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { workerSettings } from './config.js';
import { createWorker } from './worker.js';

const config = loadOrExit(() => loadConfig(workerSettings, process.env));
const log = createLogger('worker', config.log);
const machine = { now: Date.now, monotonicMs: () => performance.now(), random: Math.random };
const { services, ops, workerId } = createWorker(config, machine, log);
await runUntilSignal(services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: ops.url(), workerId }),
});
