import type { RedisConfig } from '@sluice/fleet/redis/openClient';

/** Schema of the ledger of a stand. */
export const SCHEMA = 'sluice';

/** First part of its keys in Redis. */
export const PREFIX = 'sluice';

/** Most slots of a tenant, and jobs per slot. */
export const MAX_SLOTS = 5;
export const SLOT_CONCURRENCY = 2;

/** Jobs that may be accepted while Redis takes none. */
const MAX_UNQUEUED = 2_000;

/** A lease of a slot, a worker's heartbeat and a job's lock, in ms: short, so that a fault outlasts them. */
export const LEASE_MS = 2_000;
const LOCK_MS = 3_000;

/** Settings of every process: as in production, but quicker to notice. */
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
    // A job that fills its memory is soon done with it.
    ISOLATED_MEMORY_MB: '96',
    // Few enough for a flood to come to the bound while Redis takes no more.
    ACCEPT_MAX_UNQUEUED: String(MAX_UNQUEUED),
    EXPORTS_DIR: '/dev/null/none',
  };
}

/** Bound of a process's heap, so that a job that fills it need not fill the machine. */
export const HEAP_OPTION = '--max-old-space-size=192';

/** How a process finds Redis. @param port of its link, in place of the server's own */
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
