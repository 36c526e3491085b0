import { hostname } from 'node:os';
import type { OpsServer } from '@sluice/shared/http/opsServer';
import { createOpsServer, createReadiness } from '@sluice/shared/http/opsServer';
import { newId } from '@sluice/shared/ids/ids';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createPostgres } from '@sluice/shared/postgres/connect';
import { createLaneQueues } from '@sluice/shared/queue/laneQueues';
import { lead as askForLead } from '@sluice/shared/redis/commands/lead';
import { createRedis } from '@sluice/shared/redis/connect';
import { fleetKeys } from '@sluice/shared/redis/keys';
import { createSubscriber } from '@sluice/shared/redis/subscribe';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import type { ScalerConfig } from './config.js';
import { createLeadKeeper } from './lead/keepLead.js';
import { createLook } from './look.js';
import { createLookLoop } from './lookLoop.js';
import { requeueJobs } from './recover/requeueJobs.js';
import { createReplicas } from './replicas/replicas.js';
import { forgetKeys } from './retain/forgetKeys.js';

/** How often accepted jobs that Redis does not hold are looked for, in ms. */
const RECOVER_EVERY_MS = 2_000;

/** How often old rows are deleted, in ms. */
const RETAIN_EVERY_MS = 3_600_000;

/** What the process reads from the machine, and how long its lead lasts. */
export interface ScalerMachine {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  /** How long the lead outlasts a leader that died, in ms. */
  readonly leaseMs: number;
}

/** Builds a scaler process: its parts in the order in which they start. */
export function createScaler(
  config: ScalerConfig,
  machine: ScalerMachine,
  log: Log,
): { readonly services: readonly Service[]; readonly ops: OpsServer; readonly scalerId: string } {
  const scalerId = `${hostname()}-${newId().slice(-8)}`;
  const { monotonicMs, leaseMs } = machine;
  const keys = fleetKeys(config.redis.prefix);
  const metrics = createMetrics('scaler');
  const redis = createRedis(config.redis, 'consumer', log);
  const postgres = createPostgres(config.postgres, log);
  const queues = createLaneQueues(redis.client, keys);
  const lead = createLeadKeeper({
    ask: (ms) => askForLead(redis.client, keys, scalerId, ms),
    leaseMs,
    monotonicMs,
    gained() {
      metrics.leading.set(1);
      for (const loop of [looks, recover, retain]) loop.hurry();
    },
    lost() {
      for (const gauge of [metrics.leading, metrics.jobsWaiting, metrics.slotsDesired]) gauge.set(0);
    },
    log,
  });
  const replicas = createReplicas(config, { redis, keys, lead, metrics, monotonicMs, log });
  const parts = { db: postgres.db, redis, keys, queues, policy: config.scaler, metrics, log };
  const look = createLook({ ...parts, load: replicas.load });
  const looks = createLookLoop({ look, lead, intervalMs: config.scaler.intervalMs, monotonicMs, log });
  const requeueParts = { db: postgres.db, queues, metrics, log };
  const recover = runEvery(
    'recover',
    RECOVER_EVERY_MS,
    async () => {
      const leadership = lead.current();
      if (leadership !== null) await requeueJobs(leadership, requeueParts);
    },
    log,
  );
  const retain = runEvery(
    'retain',
    RETAIN_EVERY_MS,
    async () => {
      const leadership = lead.current();
      if (leadership !== null) await forgetKeys(leadership, postgres.db, log);
    },
    log,
  );
  const subscriber = createSubscriber(redis.client, { [keys.touchedChannel]: looks.touch });
  const ops = createOpsServer(
    config.ops,
    metrics.registry,
    createReadiness({ redis: () => redis.ping(), postgres: () => postgres.ping() }),
  );
  const closeQueues = { name: 'queues', start: async () => undefined, stop: () => queues.close() };
  // Stopped from the right: the loops end, then the lead is given back, so that another acts at once.
  const loops = [looks, recover, retain, replicas.loop];
  return { services: [redis, postgres, closeQueues, ops, lead, subscriber, ...loops], ops, scalerId };
}
