import type { PostgresService } from '@sluice/fleet/postgres/connect';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { ScalerConfig } from './config.js';
import type { LeaderElection } from './lead/leaderElection.js';

/** What the process reads from the machine, and the duration of its leadership lease. */
export interface ScalerMachine {
  readonly monotonicMs: () => number;
  /** How long leadership outlasts a dead leader, in ms. */
  readonly leaseMs: number;
}

/** A process that is built but not started. */
export interface ScalerProcess {
  /** Its services, in start order. */
  readonly services: readonly Service[];
  /** The fields of the log line that reports it ready. */
  readonly ready: () => object;
}

/** Dependencies of the scaler's services. */
export interface ScalerDeps {
  readonly config: ScalerConfig;
  readonly keys: FleetKeys;
  readonly tasks: TaskCatalogue;
  readonly redis: RedisService;
  readonly postgres: PostgresService;
  readonly queues: LaneQueues;
  readonly priorities: LanePriorities;
  readonly metrics: Metrics;
  readonly lead: LeaderElection;
  readonly monotonicMs: () => number;
  readonly log: Log;
}
