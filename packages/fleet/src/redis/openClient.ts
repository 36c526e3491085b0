import type { ClusterOptions, RedisOptions, SentinelConnectionOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import type { RedisClient } from './client.js';

/**
 * How a process uses Redis: a `caller` answers people and gives up on a slow Redis (an add that timed out may still
 * have happened: try again with the same id); a `consumer` waits for as long as it takes.
 */
export type RedisUse = 'caller' | 'consumer';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Which Redis, and of what kind. */
export interface RedisConfig {
  /** Of one server; of a Cluster, that of any node. Its credentials and its TLS hold for all nodes. */
  readonly url: string;
  /** Whether the server is a node of a Redis Cluster; no when left out. */
  readonly cluster?: boolean;
  /** More nodes of the Cluster, asked when that of the URL is away. */
  readonly clusterNodes?: readonly ServerAddress[];
  /** Sentinels to be asked where the server is, in place of the URL's host; none when left out. */
  readonly sentinels?: readonly ServerAddress[];
  /** What the Sentinels call the server. */
  readonly sentinelMaster?: string;
  readonly sentinelPassword?: string | undefined;
}

/** Longest that a caller waits for one command, in ms. */
const CALLER_TIMEOUT_MS = 1_000;

/**
 * A connection that owes answers and says nothing for this long has died unheard (a cut cable, a lost firewall state), in
 * ms. The system would notice after a quarter of an hour; until then every command would wait in vain.
 */
const SILENCE_MS = 10_000;

/** How often a Cluster is asked which node owns what, in ms; a node that answers wrongly makes it ask at once. */
const SLOTS_REFRESH_MS = 5_000;

/** Time between two tries of a command that its node could not take, in ms. */
const CLUSTER_RETRY_MS = 100;

/** A client that is not connected yet. Reconnects for ever, at most every 2 s. */
export function openClient(config: RedisConfig, use: RedisUse): RedisClient {
  const shared = {
    maxRetriesPerRequest: null,
    socketTimeout: SILENCE_MS,
    // CLIENT SETINFO at each connection tells the server the library's name; the users of deploy/redis may not.
    disableClientInfo: true,
    ...(use === 'caller' ? { commandTimeout: CALLER_TIMEOUT_MS } : {}),
  };
  const own = { lazyConnect: true, enableOfflineQueue: use === 'consumer' };
  if (config.cluster !== true) {
    // At the start, Sentinels that do not answer are a failure; later they are waited for.
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
 * Has the client, and what BullMQ duplicates of it, begin at the nodes that are known by then too: those that were given may
 * have died for good.
 * @param begin the list that the client was made with, and reads whenever it connects
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

/** A certificate is for a name, so names are kept where there is one. */
function hostNamesOf({ tls }: NodeOptions): Pick<ClusterOptions, 'dnsLookup'> {
  return tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) };
}
