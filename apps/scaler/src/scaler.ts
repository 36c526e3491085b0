import { hostname } from 'node:os';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import { lead as askForLead } from '@sluice/fleet/redis/commands/lead';
import { readShownTenants, writeShownTenants } from '@sluice/fleet/redis/commands/shownTenants';
import { fenceBuckets } from '@sluice/fleet/redis/commands/writeDesired';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { watchClock } from '@sluice/fleet/redis/watchClock';
import { createOpsServer } from '@sluice/shared/http/opsServer';
import { createReadiness } from '@sluice/shared/http/readiness';
import { newId } from '@sluice/shared/ids/ids';
import { createServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log } from '@sluice/shared/lifecycle/service';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { applyChanges } from './act/applyChanges.js';
import { recordHeldBack } from './act/recordHeldBack.js';
import { changesOf } from './act/slotChanges.js';
import type { ScalerConfig } from './config.js';
import { scalingSettingsOf } from './config.js';
import { createDecider } from './decide/decider.js';
import { createLeaderElection } from './lead/leaderElection.js';
import type { TenantMeasures } from './measure/measureTenants.js';
import { createTenantMeasures } from './measure/measureTenants.js';
import { observeFleet } from './observe/observeFleet.js';
import type { PassLoop } from './passLoop.js';
import { createPassLoop } from './passLoop.js';
import type { LoadWatch } from './replicas/loadBook.js';
import { createReplicas } from './replicas/replicas.js';
import type { ScalerDeps, ScalerMachine, ScalerProcess } from './scalerDeps.js';
import { createScalingPass } from './scalingPass.js';
import { createUpkeep } from './upkeep.js';

/** Builds a scaler process. */
export function createScaler(
  config: ScalerConfig,
  tasks: TaskCatalogue,
  { monotonicMs, leaseMs }: ScalerMachine,
  log: Log,
): ScalerProcess {
  const scalerId = `${hostname()}-${newId().slice(-8)}`;
  const keys = fleetKeys(config.redis.prefix);
  const metrics = createMetrics('scaler');
  const redis = createRedis(config.redis, 'consumer', log);
  const postgres = createPostgres(config.postgres, log);
  const clock = createServerClock({
    boundMs: config.clock.maxSkewMs,
    consequence: "delays count by Redis's clock",
    onSkew: (seconds) => metrics.clockSkewSeconds.set(seconds),
    log,
  });
  const queues = createLaneQueues(redis.client, keys, { serverNow: clock.now });
  const priorities = createLanePriorities(redis.client, keys);
  const lead = createLeaderElection({
    ask: (ms) => askForLead(redis.client, keys, scalerId, ms),
    leaseMs,
    monotonicMs,
    gained() {
      metrics.leading.set(1);
      for (const loop of [passes, ...upkeep]) loop.hurry();
    },
    lost() {
      const { leading, jobsWaiting, slotsDesired, longestWaitSeconds } = metrics;
      for (const gauge of [leading, jobsWaiting, slotsDesired, longestWaitSeconds]) gauge.set(0);
      measures.forget();
    },
    log,
  });
  const deps: ScalerDeps = {
    config,
    keys,
    tasks,
    redis,
    postgres,
    queues,
    priorities,
    metrics,
    lead,
    monotonicMs,
    log,
  };
  const replicas = createReplicas(config, deps);
  const measures = createTenantMeasures({
    bounds: { always: config.metrics.tenants, most: config.metrics.topTenants },
    slotConcurrency: config.slot.concurrency,
    readNames: () => readShownTenants(redis.client, keys),
    writeNames: (names) => writeShownTenants(redis.client, keys, names),
    metrics,
    log,
  });
  const passes = createPasses(deps, replicas.load, measures);
  const upkeep = createUpkeep(deps, { touched: passes.touch });
  const subscriber = createSubscriber(redis.client, { [keys.touchedChannel]: passes.touch });
  const ops = createOpsServer(
    config.ops,
    metrics.registry,
    createReadiness({ redis: () => redis.ping(), postgres: () => postgres.ping() }),
  );
  const closeQueues = {
    name: 'queues',
    start: async () => undefined,
    stop: async () => {
      await queues.close();
      await priorities.close();
    },
  };
  return {
    // Stopped in reverse order: the loops end, then leadership is released, so that another process can act at once.
    services: [
      redis,
      postgres,
      watchClock(redis.client, clock, log),
      closeQueues,
      ops,
      lead,
      subscriber,
      passes,
      ...upkeep,
      replicas.loop,
    ],
    ready: () => ({ url: ops.url(), scalerId }),
  };
}

function createPasses(
  { config, keys, tasks, redis, postgres, metrics, lead, monotonicMs, log }: ScalerDeps,
  load: LoadWatch,
  measures: TenantMeasures,
): PassLoop {
  const applyDeps = { db: postgres.db, redis, keys, metrics, log };
  const observeDeps = { redis, keys, tasks, log, tables: new Map() };
  const pass = createScalingPass({
    take: ({ fence }) => fenceBuckets(redis.client, keys, fence),
    observe: (wanted) => observeFleet(observeDeps, wanted),
    decider: createDecider(scalingSettingsOf(config)),
    act: async (decisions, leadership) => {
      const { refused } = await applyChanges(changesOf(decisions), leadership, applyDeps);
      await recordHeldBack(decisions, leadership, postgres.db);
      // A refusal means that another process leads: this one checks at once.
      if (refused > 0) lead.hurry();
    },
    load,
    measures,
    monotonicMs,
    metrics,
  });
  return createPassLoop({ pass, lead, intervalMs: config.scaler.intervalMs, monotonicMs, log });
}
