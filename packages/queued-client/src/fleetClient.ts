import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import type { CircuitOverrides } from '@sluice/shared/contracts/circuit';
import type { Log } from '@sluice/shared/lifecycle/service';

/** How to reach the fleet, as its own processes are configured. */
export interface FleetClientSettings {
  readonly redis: RedisConfig;
  /** `SLUICE_PREFIX`; `sluice` by default. */
  readonly prefix?: string;
  readonly databaseUrl: string;
  /** `DATABASE_SCHEMA`; `sluice` by default. */
  readonly schema?: string;
  /** Connections to PostgreSQL; 5 by default. */
  readonly poolSize?: number;
  /** `SLOT_CONCURRENCY` of the workers, for estimates; 1 by default. */
  readonly slotConcurrency?: number;
  /** `CIRCUIT_*` of the workers; the tasks' own circuits by default. */
  readonly circuit?: CircuitOverrides;
  /** Silent by default. */
  readonly log?: Log;
}

/** A tenant, with the fields that a service of your own needs. */
export interface FleetTenant {
  readonly id: string;
  /** GA4 properties that its reports may read. */
  readonly ga4Properties: readonly string[];
}

/** A service's own connection to the fleet, for any number of queued clients. */
export interface FleetClient {
  /** Null when the tenant does not exist. */
  findTenant(tenantId: string): Promise<FleetTenant | null>;
  /** Unix ms. */
  now(): number;
  /** Closes the connections; jobs continue. */
  close(): Promise<void>;
}
