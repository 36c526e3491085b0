import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { loadScalerConfig } from './config.js';
import { createScaler } from './scaler.js';

const config = loadOrExit(() => loadScalerConfig(process.env));
const log = createLogger('scaler', config.log);
const { services, ops, scalerId } = createScaler(
  config,
  { now: Date.now, monotonicMs: () => performance.now(), leaseMs: 9_000 },
  log,
);
await runUntilSignal(services, {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: ops.url(), scalerId }),
});
