import type { RedisConfig } from '@sluice/fleet/redis/openClient';

/** Schema of a stand's ledger. */
export const SCHEMA = 'sluice';

/** Prefix of its keys in Redis. */
export const PREFIX = 'sluice';

/** Maximum slots per tenant, and jobs per slot. */
export const MAX_SLOTS = 5;
export const SLOT_CONCURRENCY = 2;

/** Maximum jobs accepted while Redis accepts none. */
const MAX_UNQUEUED = 2_000;

/** Duration of slot leases, worker heartbeats and job locks, in ms: short, so that a fault outlasts them. */
export const LEASE_MS = 2_000;
const LOCK_MS = 3_000;

/** Settings of every process: as in production, but with faster detection. */
export function environmentOfFleet(): Readonly<Record<string, string>> {
  return {
    LOG_LEVEL: 'info',
    SLUICE_ALLOW_PRIVATE_ADDRESSES: 'true',
    SLUICE_FAULT_TASKS: 'true',
    SLOT_LEASE_MS: String(LEASE_MS),
    SLOT_CONCURRENCY: String(SLOT_CONCURRENCY),
    WORKER_HEARTBEAT_MS: '2000',
    JOB_LOCK_MS: String(LOCK_MS),
    STALLED_CHECK_MS: '1000',
    SCALER_INTERVAL_MS: '500',
    SCALER_STABILISATION_MS: '5000',
    SCALER_MAX_SLOTS: String(MAX_SLOTS),
    SHUTDOWN_GRACE_MS: '8000',
    // Small, so that a job that fills its memory soon reaches the limit.
    ISOLATED_MEMORY_MB: '96',
    // Low enough for a flood to reach the limit while Redis accepts no more.
    ACCEPT_MAX_UNQUEUED: String(MAX_UNQUEUED),
    EXPORTS_DIR: '/dev/null/none',
  };
}

/** Heap limit of a process, so that a job that fills it does not exhaust the machine's memory. */
export const HEAP_OPTION = '--max-old-space-size=192';

/** Environment variables that locate Redis. @param port port of the process's link, instead of the server's own */
export function redisEnvironment(config: RedisConfig, port?: number): Readonly<Record<string, string>> {
  const url = new URL(config.url);
  if (port !== undefined) url.port = String(port);
  const { sentinels = [], sentinelMaster, sentinelPassword } = config;
  return {
    REDIS_URL: url.href,
    REDIS_CLUSTER: String(config.cluster ?? false),
    ...(sentinels.length === 0
      ? {}
      : { REDIS_SENTINELS: sentinels.map(({ host, port }) => `${host}:${port}`).join(',') }),
    ...(sentinelMaster === undefined ? {} : { REDIS_SENTINEL_MASTER: sentinelMaster }),
    ...(sentinelPassword === undefined ? {} : { REDIS_SENTINEL_PASSWORD: sentinelPassword }),
  };
}
