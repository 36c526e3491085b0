import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadProducerConfig } from './config.js';
import { createProducer } from './producer.js';

const config = loadOrExit(() => loadProducerConfig(process.env));
const log = createLogger('producer', config.log);
const producer = createProducer(config, log, systemClock);
await runUntilSignal(producer.services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: producer.url(), docs: `${producer.url()}/docs` }),
});
