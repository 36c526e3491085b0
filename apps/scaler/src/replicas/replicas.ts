import { readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { LeaderElection } from '../lead/leaderElection.js';
import { chooseDriver } from './chooseDriver.js';
import type { LoadWatch } from './loadBook.js';
import { createLoadBook } from './loadBook.js';
import { createReplicaLoop } from './replicaLoop.js';
import type { ReplicaConfig } from './replicaSettings.js';

/** Passes that may fail or be late before the last observed load is too old to act upon. */
const STALE_AFTER_PASSES = 3;

/** Timeout of reading the live workers from Redis, in ms. */
const READ_WITHIN_MS = 5_000;

/** Dependencies of scaling the replicas. */
export interface ReplicaDeps {
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly lead: Pick<LeaderElection, 'current'>;
  readonly metrics: Pick<Metrics, 'replicasDesired'>;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** Builds the parts that decide the number of worker processes: passes report observed loads to `load`, `loop` acts. */
export function createReplicas(
  config: {
    readonly replicas: ReplicaConfig;
    readonly slot: { readonly concurrency: number };
    readonly scaler: { readonly intervalMs: number };
  },
  deps: ReplicaDeps,
): { readonly load: LoadWatch; readonly loop: Service } {
  const { min, max, percent, shrinkMs } = config.replicas;
  const { redis, keys } = deps;
  const load = createLoadBook(config.slot.concurrency, deps.monotonicMs);
  const late = (): Error => new FleetError('unavailable', 'Redis did not tell in time which workers live.');
  const loop = createReplicaLoop({
    ...deps,
    load,
    async capacities() {
      const workers = await within(READ_WITHIN_MS, readLiveWorkers(redis.client, keys), late);
      return workers.map(({ capacity }) => capacity);
    },
    policy: { minReplicas: min, maxReplicas: max, targetUtilisation: percent / 100, shrinkWindowMs: shrinkMs },
    driver: chooseDriver(config.replicas, deps.log),
    staleAfterMs: Math.max(10_000, STALE_AFTER_PASSES * config.scaler.intervalMs),
  });
  return { load, loop };
}
