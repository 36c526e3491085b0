#!/usr/bin/env node
import { ga4RunReport } from '@sluice/ga4';
import { loadOrExit, loadOrExitAsync } from '@sluice/shared/config/loadOrExit';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { HELP, parseArguments } from './arguments.js';
import { loadScalerConfig } from './config.js';
import { createDryRun } from './dryRun.js';
import { createScaler } from './scaler.js';

const command = parseArguments(process.argv.slice(2));
if (command.kind === 'help') {
  process.stdout.write(HELP);
} else if (command.kind === 'refuse') {
  process.stderr.write(`${command.message}\n`);
  process.exitCode = 2;
} else {
  const config = loadOrExit(() => loadScalerConfig(process.env));
  const sources = { ...config.tasks, faultTasks: true, from: process.cwd() };
  const tasks = await loadOrExitAsync(() => loadFleetTasks(sources, [ga4RunReport]));
  const log = createLogger('scaler', config.log);
  const machine = { monotonicMs: () => performance.now(), leaseMs: 9_000 };
  const { services, ready } =
    command.kind === 'dry-run' ? createDryRun(config, tasks, machine, log) : createScaler(config, tasks, machine, log);
  await runUntilSignal(services, { graceMs: config.shutdown.graceMs, log, ready });
}
