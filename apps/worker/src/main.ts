#!/usr/bin/env node
import { ga4RunReport } from '@sluice/ga4';
import { loadOrExit, loadOrExitAsync } from '@sluice/shared/config/loadOrExit';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { loadWorkerConfig } from './config.js';
import { exitOnStrayErrors } from './watch/strayErrors.js';
import { wireWorker } from './worker.js';

const config = loadOrExit(() => loadWorkerConfig(process.env));
const sources = { ...config.tasks, ...config.rehearsal, from: process.cwd() };
const catalogue = await loadOrExitAsync(() => loadFleetTasks(sources, [ga4RunReport]));
const log = createLogger('worker', config.log);
const machine = { now: Date.now, monotonicMs: () => performance.now(), random: Math.random, environment: process.env };
const tasks = { catalogue, sources, given: [] };
const { services, ops, workerId, running } = wireWorker(config, tasks, machine, log);
exitOnStrayErrors(running, log);
await runUntilSignal(services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: ops.url(), workerId }),
});
