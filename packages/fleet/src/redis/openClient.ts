import type { ClusterOptions, RedisOptions, SentinelConnectionOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import type { RedisClient } from './client.js';

/**
 * How a process uses Redis: a `caller` serves requests and times out on a slow Redis (an add that timed out may still
 * have happened: retry with the same id); a `consumer` waits for as long as it takes.
 */
export type RedisUse = 'caller' | 'consumer';

/** Address of a server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Address and kind of the Redis deployment. */
export interface RedisConfig {
  /** URL of the server, or of any node of a Cluster. Its credentials and TLS setting apply to all nodes. */
  readonly url: string;
  /** Whether the server is a node of a Redis Cluster; defaults to false. */
  readonly cluster?: boolean;
  /** More nodes of the Cluster, used when that of the URL is unavailable. */
  readonly clusterNodes?: readonly ServerAddress[];
  /** Sentinels that locate the server, instead of the URL's host; defaults to none. */
  readonly sentinels?: readonly ServerAddress[];
  /** The Sentinels' name for the server. */
  readonly sentinelMaster?: string;
  readonly sentinelPassword?: string | undefined;
}

/** Timeout of a caller's commands, in ms. */
const CALLER_TIMEOUT_MS = 1_000;

/**
 * A connection with pending replies and no data for this long is considered dead (a cut cable, lost firewall state), in
 * ms. The operating system would notice only after a quarter of an hour; until then every command would hang.
 */
const SILENCE_MS = 10_000;

/** Interval between refreshes of a Cluster's slot map, in ms; a redirection triggers one at once. */
const SLOTS_REFRESH_MS = 5_000;

/** Retry delay of a command that its node could not accept, in ms. */
const CLUSTER_RETRY_MS = 100;

/** Creates a client that is not connected yet. Reconnects forever, with a delay of at most 2 s. */
export function openClient(config: RedisConfig, use: RedisUse): RedisClient {
  const shared = {
    maxRetriesPerRequest: null,
    socketTimeout: SILENCE_MS,
    // ioredis sends CLIENT SETINFO on each connection; the users of deploy/redis may not run it.
    disableClientInfo: true,
    ...(use === 'caller' ? { commandTimeout: CALLER_TIMEOUT_MS } : {}),
  };
  const own = { lazyConnect: true, enableOfflineQueue: use === 'consumer' };
  if (config.cluster !== true) {
    // At start, unreachable Sentinels are an error; later the client waits for them.
    let hasBegun = false;
    const sentinels = sentinelOptions(config, (times) => (hasBegun ? retryDelayMs(times) : null));
    const client = new Redis(config.url, { ...own, ...shared, ...sentinels, retryStrategy: retryDelayMs });
    return client.once('ready', () => {
      hasBegun = true;
    });
  }
  const { node, options } = readUrl(config.url);
  const begin: ServerAddress[] = [node, ...(config.clusterNodes ?? [])];
  const client = new Cluster(begin, {
    ...own,
    ...hostNamesOf(options),
    redisOptions: { ...options, ...shared },
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    // A consumer's command outlasts a failover, however long it takes; a caller's has its own time limit.
    ...(use === 'consumer' ? { maxRedirections: Number.MAX_SAFE_INTEGER } : {}),
  });
  return keepNodes(client, begin);
}

/**
 * Adds the currently known nodes to the startup nodes of the client and of BullMQ's duplicates of it: the configured
 * ones may be permanently gone.
 * @param begin the startup list passed to the client, which reads it whenever it connects
 */
function keepNodes(client: Cluster, begin: ServerAddress[]): Cluster {
  const given = [...begin];
  return client.on('refresh', () => {
    const known = client.nodes().map(({ options: { host = '', port = 0 } }) => ({ host, port }));
    begin.splice(0, begin.length, ...given, ...known);
  });
}

type SentinelOptions = Pick<
  SentinelConnectionOptions,
  'sentinels' | 'name' | 'sentinelPassword' | 'enableTLSForSentinelMode' | 'sentinelTLS' | 'sentinelRetryStrategy'
>;

function sentinelOptions(
  { url, sentinels = [], sentinelMaster, sentinelPassword }: RedisConfig,
  sentinelRetryStrategy: (times: number) => number | null,
): SentinelOptions {
  if (sentinels.length === 0) return {};
  return {
    sentinels: [...sentinels],
    name: sentinelMaster,
    sentinelPassword,
    ...(url.startsWith('rediss:') ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelRetryStrategy,
  };
}

function retryDelayMs(times: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(times, 6));
}

type NodeOptions = Pick<RedisOptions, 'username' | 'password' | 'tls'>;

function readUrl(text: string): { readonly node: ServerAddress; readonly options: NodeOptions } {
  const url = new URL(text);
  return {
    node: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 6_379) },
    options: {
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    },
  };
}

/** With TLS, keeps host names unresolved, because certificates are issued for names. */
function hostNamesOf({ tls }: NodeOptions): Pick<ClusterOptions, 'dnsLookup'> {
  return tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) };
}
