import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { createOpsServer } from '@sluice/shared/http/opsServer';
import { createReadiness } from '@sluice/shared/http/readiness';
import type { Log } from '@sluice/shared/lifecycle/service';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { tellDecisions } from './act/tellDecisions.js';
import type { ScalerConfig } from './config.js';
import { scalingSettingsOf } from './config.js';
import { createDecider } from './decide/decider.js';
import type { Leadership } from './lead/leaderElection.js';
import { observeFleet } from './observe/observeFleet.js';
import { createPassLoop } from './passLoop.js';
import type { LoadWatch } from './replicas/loadBook.js';
import type { ScalerMachine, ScalerProcess } from './scalerDeps.js';
import { createScalingPass } from './scalingPass.js';

/** A leadership that is never requested and never ends: a dry run needs no right to act, and takes it from nobody. */
const NO_LEADERSHIP: Leadership = { fence: 0, holds: () => true };

/** A dry run does not influence the number of worker processes, not even through the metric, which others act upon. */
const NO_LOAD_WATCH: LoadWatch = { sawAll: () => undefined, sawSome: () => undefined };

/**
 * Builds a scaler that decides and logs but writes nothing: it does not campaign for leadership, opens no connection to
 * PostgreSQL, and sends Redis only read commands. It can run beside a leading scaler.
 */
export function createDryRun(
  config: ScalerConfig,
  tasks: TaskCatalogue,
  { monotonicMs }: ScalerMachine,
  log: Log,
): ScalerProcess {
  const keys = fleetKeys(config.redis.prefix);
  const metrics = createMetrics('scaler');
  const redis = createRedis(config.redis, 'consumer', log);
  const observeDeps = { redis, keys, tasks, log, tables: new Map() };
  const pass = createScalingPass({
    take: async () => undefined,
    observe: (wanted) => observeFleet(observeDeps, wanted),
    decider: createDecider(scalingSettingsOf(config)),
    act: async (decisions) => tellDecisions(decisions, log),
    load: NO_LOAD_WATCH,
    measures: { sawAll: async () => undefined, sawSome: async () => undefined },
    monotonicMs,
    metrics,
  });
  const { intervalMs } = config.scaler;
  const passes = createPassLoop({ pass, lead: { current: () => NO_LEADERSHIP }, intervalMs, monotonicMs, log });
  const subscriber = createSubscriber(redis.client, { [keys.touchedChannel]: passes.touch });
  const ops = createOpsServer(config.ops, metrics.registry, createReadiness({ redis: () => redis.ping() }));
  return { services: [redis, ops, subscriber, passes], ready: () => ({ url: ops.url(), dryRun: true }) };
}
