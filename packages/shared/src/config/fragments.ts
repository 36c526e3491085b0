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

/** How to reach Redis, and the prefix of its keys. */
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
    '`true` when the server at `REDIS_URL` is a node of a Redis Cluster; its credentials and TLS settings apply to all nodes',
    { default: 'false' },
  ),
  clusterNodes: setting(
    'REDIS_CLUSTER_NODES',
    serverAddresses(),
    'More nodes of the Cluster, `host:port,host:port`, to connect to when that of `REDIS_URL` is unavailable',
  ),
  sentinels: setting(
    'REDIS_SENTINELS',
    serverAddresses(),
    'Sentinels, `host:port,host:port`, that locate Redis; the host of `REDIS_URL` is then ignored',
  ),
  sentinelMaster: setting(
    'REDIS_SENTINEL_MASTER',
    z.string().default('mymaster'),
    'Name of the master that the Sentinels monitor',
    {
      default: 'mymaster',
    },
  ),
  sentinelPassword: setting('REDIS_SENTINEL_PASSWORD', optionalText(), 'Password of the Sentinels', { secret: true }),
  prefix: setting(
    'SLUICE_PREFIX',
    z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z, 0-9 and "-"')
      .default('sluice'),
    'Prefix of every Redis key; fleets that share a Redis need different ones',
    { default: 'sluice' },
  ),
};

/** How much of Redis's memory waiting jobs may use; must be the same in every process. */
export const memorySettings = {
  guardPercent: setting(
    'REDIS_MEMORY_GUARD_PERCENT',
    wholeNumber(1, 100, 85),
    "Percentage of Redis's `maxmemory` above which no jobs are added, so that those already in Redis can finish",
    { default: '85' },
  ),
};

/** Which GA4 properties reports may read; must be the same in producers and workers. */
export const ga4PropertySettings = {
  anyProperty: setting(
    'GA4_ANY_PROPERTY',
    yesOrNo(false),
    "`true` lets reports read every property that the fleet's credential can read, not only those assigned to their tenant; for a fleet of one tenant",
    { default: 'false' },
  ),
};

/** How to reach PostgreSQL. */
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
  poolSize: setting('DATABASE_POOL', wholeNumber(2, 100, 10), 'Maximum connections per process', { default: '10' }),
};

/** Log level. */
export const logSettings = {
  level: setting(
    'LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'trace, debug, info, warn, error or silent',
    { default: 'info' },
  ),
};

/** The port for probes and metrics of a process without another server. */
export const opsSettings = {
  host: setting('HOST', z.string().default('127.0.0.1'), 'Address to listen on', { default: '127.0.0.1' }),
  port: setting('OPS_PORT', wholeNumber(0, 65_535, 0), 'Port of /livez, /readyz and /metrics; 0 picks a free one', {
    default: '0',
  }),
};

/** How a process shuts down. */
export const shutdownSettings = {
  graceMs: setting(
    'SHUTDOWN_GRACE_MS',
    wholeNumber(100, 600_000, 25_000),
    'Time to finish running jobs after SIGTERM; then they are handed back without using up an attempt',
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
    'Let webhooks call loopback and private addresses; for development only',
    { default: 'false' },
  ),
};

/** The fleet's tasks; the same in every process, except workers that run only some of them. */
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

/** Whether the fleet includes the task that injects faults. */
export const rehearsalSettings = {
  faultTasks: setting(
    'SLUICE_FAULT_TASKS',
    yesOrNo(false),
    'Enable the task `system.fault`, which crashes processes on purpose; for fault tests only, the same in every process',
    { default: 'false' },
  ),
};

/** Maximum clock skew. */
export const clockSettings = {
  maxSkewMs: setting(
    'CLOCK_SKEW_MS',
    wholeNumber(100, 3_600_000, 2_000),
    "Maximum difference between this machine's clock and Redis's; beyond it a worker takes no jobs",
    { default: '2000' },
  ),
};

/** The concurrency of a slot; must be the same in every process. */
export const slotSettings = {
  concurrency: setting(
    'SLOT_CONCURRENCY',
    wholeNumber(1, 1_000, 1),
    'Jobs that one slot runs at a time; the same in every process',
    { default: '1' },
  ),
};

/** Circuits of upstreams; override those of tasks. Must be the same in producers and workers. */
export const circuitSettings = {
  failures: setting(
    'CIRCUIT_FAILURES',
    optionalWholeNumber(0, 100),
    "Failures of an upstream within `CIRCUIT_WITHIN_MS` that open its circuit, which stops the tenant's calls to it; 0 disables it. The task's value when unset, for GA4 5",
  ),
  withinMs: setting(
    'CIRCUIT_WITHIN_MS',
    optionalWholeNumber(100, 3_600_000),
    "Window in which failures are counted. The task's value when unset, for GA4 30000",
  ),
  restMs: setting(
    'CIRCUIT_REST_MS',
    optionalWholeNumber(100, 3_600_000),
    "How long an open circuit stops all calls. The task's value when unset, for GA4 60000",
  ),
  probeEveryMs: setting(
    'CIRCUIT_PROBE_EVERY_MS',
    optionalWholeNumber(10, 3_600_000),
    "Interval between probe calls while the circuit is half-open. The task's value when unset, for GA4 5000",
  ),
  successes: setting(
    'CIRCUIT_SUCCESSES',
    optionalWholeNumber(1, 100),
    "Successful probes that close the circuit. The task's value when unset, for GA4 3",
  ),
};
