#!/usr/bin/env node
import { ga4RunReport } from '@sluice/ga4';
import { loadOrExit, loadOrExitAsync } from '@sluice/shared/config/loadOrExit';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { loadProducerConfig } from './config.js';
import { wireProducer } from './producer.js';

const config = loadOrExit(() => loadProducerConfig(process.env));
const sources = { ...config.tasks, ...config.rehearsal, from: process.cwd() };
const tasks = await loadOrExitAsync(() => loadFleetTasks(sources, [ga4RunReport]));
const log = createLogger('producer', config.log);
const producer = wireProducer(config, tasks, log, systemClock);
await runUntilSignal(producer.services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: producer.url(), docs: `${producer.url()}/docs` }),
});
