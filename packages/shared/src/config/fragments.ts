import { z } from 'zod';
import { setting } from './setting.js';
import {
  commaSeparated,
  optionalText,
  optionalWholeNumber,
  serverAddresses,
  urlOf,
  wholeNumber,
  yesOrNo,
} from './values.js';

/** Where Redis is and how keys begin. */
export const redisSettings = {
  url: setting(
    'REDIS_URL',
    urlOf('redis', 'rediss'),
    'Redis, `redis://` or `rediss://`; needs `maxmemory-policy noeviction`',
    {
      secret: true,
    },
  ),
  cluster: setting(
    'REDIS_CLUSTER',
    yesOrNo(false),
    '`true` when the server at `REDIS_URL` is a node of a Redis Cluster; its credentials and TLS hold for all nodes',
    { default: 'false' },
  ),
  clusterNodes: setting(
    'REDIS_CLUSTER_NODES',
    serverAddresses(),
    'More nodes of the Cluster, `host:port,host:port`, to begin with when that of `REDIS_URL` is away',
  ),
  sentinels: setting(
    'REDIS_SENTINELS',
    serverAddresses(),
    'Sentinels, `host:port,host:port`, that know where Redis is; then the host of `REDIS_URL` is not used',
  ),
  sentinelMaster: setting('REDIS_SENTINEL_MASTER', z.string().default('mymaster'), 'What the Sentinels call it', {
    default: 'mymaster',
  }),
  sentinelPassword: setting('REDIS_SENTINEL_PASSWORD', optionalText(), 'Password of the Sentinels', { secret: true }),
  prefix: setting(
    'SLUICE_PREFIX',
    z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z, 0-9 and "-"')
      .default('sluice'),
    'First part of every Redis key; fleets that share a Redis need one each',
    { default: 'sluice' },
  ),
};

/** How much of Redis's memory is for jobs that wait; every process must be told the same. */
export const memorySettings = {
  guardPercent: setting(
    'REDIS_MEMORY_GUARD_PERCENT',
    wholeNumber(1, 100, 85),
    "Share of Redis's `maxmemory` above which no jobs are added, in percent: the rest is for those in Redis to finish",
    { default: '85' },
  ),
};

/** Which properties of GA4 reports may read; producers and workers must be told the same. */
export const ga4PropertySettings = {
  anyProperty: setting(
    'GA4_ANY_PROPERTY',
    yesOrNo(false),
    "`true` lets reports read every property that the fleet's credential can, and not only those that their tenant was given: for a fleet of one tenant",
    { default: 'false' },
  ),
};

/** Where PostgreSQL is. */
export const postgresSettings = {
  url: setting('DATABASE_URL', urlOf('postgres', 'postgresql'), 'PostgreSQL 14 or newer', { secret: true }),
  schema: setting(
    'DATABASE_SCHEMA',
    z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,40}$/, 'must be a plain lower-case identifier')
      .default('sluice'),
    'Schema that holds the ledger',
    { default: 'sluice' },
  ),
  poolSize: setting('DATABASE_POOL', wholeNumber(2, 100, 10), 'Connections per process at most', { default: '10' }),
};

/** What is logged. */
export const logSettings = {
  level: setting(
    'LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'trace, debug, info, warn, error or silent',
    { default: 'info' },
  ),
};

/** The port for probes and metrics of a process that serves nothing else. */
export const opsSettings = {
  host: setting('HOST', z.string().default('127.0.0.1'), 'Address to listen on', { default: '127.0.0.1' }),
  port: setting('OPS_PORT', wholeNumber(0, 65_535, 0), 'Port of /livez, /readyz and /metrics; 0 picks a free one', {
    default: '0',
  }),
};

/** How a process ends. */
export const shutdownSettings = {
  graceMs: setting(
    'SHUTDOWN_GRACE_MS',
    wholeNumber(100, 600_000, 25_000),
    'Time to finish after SIGTERM; running jobs are then handed back without losing an attempt',
    { default: '25000' },
  ),
};

/** The fleet's credential. */
export const operatorSettings = {
  key: setting('SLUICE_OPERATOR_KEY', optionalText(), 'Operator key; or use the file below', { secret: true }),
  keyFile: setting('SLUICE_OPERATOR_KEY_FILE', optionalText(), 'File that holds the operator key'),
};

/** Whether requests may go to addresses that are not public. */
export const networkSettings = {
  allowPrivateAddresses: setting(
    'SLUICE_ALLOW_PRIVATE_ADDRESSES',
    yesOrNo(false),
    'Let webhooks reach loopback and private addresses; for trying out only',
    { default: 'false' },
  ),
};

/** Which tasks the fleet has; the same in every process, but for workers that run only some of them. */
export const taskSettings = {
  modules: setting(
    'SLUICE_TASKS',
    commaSeparated(),
    'Modules with tasks of your own, joined by commas: paths such as `./dist/tasks.js`, relative to the working directory, or names of installed packages',
  ),
  builtIn: setting(
    'SLUICE_BUILT_IN_TASKS',
    yesOrNo(true),
    '`false` leaves out the tasks that come with Sluice: for workers that run only those of `SLUICE_TASKS`',
    { default: 'true' },
  ),
};

/** Whether the fleet knows tasks that do harm. */
export const rehearsalSettings = {
  faultTasks: setting(
    'SLUICE_FAULT_TASKS',
    yesOrNo(false),
    'Know the task `system.fault`, which takes processes down on order; for rehearsals only, the same in every process',
    { default: 'false' },
  ),
};

/** How far clocks may be apart. */
export const clockSettings = {
  maxSkewMs: setting(
    'CLOCK_SKEW_MS',
    wholeNumber(100, 3_600_000, 2_000),
    "How far this machine's clock may be from Redis's; a worker that is further off takes no jobs",
    { default: '2000' },
  ),
};

/** What a slot is; every process must be told the same. */
export const slotSettings = {
  concurrency: setting(
    'SLOT_CONCURRENCY',
    wholeNumber(1, 1_000, 1),
    'Jobs that one slot runs at a time; the same in every process',
    { default: '1' },
  ),
};

/** Circuits of upstreams, in place of what tasks say; producers and workers must be told the same. */
export const circuitSettings = {
  failures: setting(
    'CIRCUIT_FAILURES',
    optionalWholeNumber(0, 100),
    "So many failures of an upstream within `CIRCUIT_WITHIN_MS` stop a tenant's calls of it: its circuit opens. 0 never; as the task says when unset, for GA4 5",
  ),
  withinMs: setting(
    'CIRCUIT_WITHIN_MS',
    optionalWholeNumber(100, 3_600_000),
    'The window in which failures are counted; as the task says when unset, for GA4 30000',
  ),
  restMs: setting(
    'CIRCUIT_REST_MS',
    optionalWholeNumber(100, 3_600_000),
    'How long an open circuit lets no call through; as the task says when unset, for GA4 60000',
  ),
  probeEveryMs: setting(
    'CIRCUIT_PROBE_EVERY_MS',
    optionalWholeNumber(10, 3_600_000),
    'After that one call, a probe, is let through every so often; as the task says when unset, for GA4 5000',
  ),
  successes: setting(
    'CIRCUIT_SUCCESSES',
    optionalWholeNumber(1, 100),
    'So many probes that are answered close the circuit; as the task says when unset, for GA4 3',
  ),
};
