import { randomBytes } from 'node:crypto';
import { migrateLedger } from '@sluice/fleet/postgres/migrate';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import pg from 'pg';
import type { FleetProcessName } from '../../support/fleetProcess.js';
import type { MovableClock } from '../../support/movableClock.js';
import { createMovableClock } from '../../support/movableClock.js';
import type { PostgresServer } from '../../support/postgresServer.js';
import { startPostgresServer } from '../../support/postgresServer.js';
import { environmentOfFleet, HEAP_OPTION, PREFIX, redisEnvironment, SCHEMA } from './environment.js';
import type { Link } from './link.js';
import { openLink } from './link.js';
import type { Member } from './member.js';
import { createMember } from './member.js';
import { recordTransitions } from './recorder.js';
import type { RedisNode } from './redisNode.js';
import { startRedisNode } from './redisNode.js';
import type { SmallDisk } from './smallDisk.js';
import { mountSmallDisk } from './smallDisk.js';

/** A member and its network links. */
export interface Post {
  readonly member: Member;
  /** To Redis; null where Redis is a Cluster or has Sentinels, whose nodes name their own addresses. */
  readonly redis: Link | null;
  readonly postgres: Link;
  /** From clients; producers only. */
  readonly front: Link | null;
  readonly clock: MovableClock;
}

/** Number of processes of each kind. */
export type Crew = Readonly<Record<Exclude<FleetProcessName, 'dashboard'>, number>>;

/** A whole fleet on its own servers, where everything can be made to fail. */
export interface Stand {
  /** Null when the caller provides a Redis. */
  readonly redis: RedisNode | null;
  /** The disk of that Redis; null where this machine does not permit mounting one. */
  readonly disk: SmallDisk | null;
  readonly redisConfig: RedisConfig;
  readonly postgres: PostgresServer;
  /** Direct connections to the ledger, bypassing every link, as its owner. */
  readonly ledger: pg.Pool;
  readonly posts: readonly Post[];
  /** The operators' dashboard; no fault targets it. */
  readonly dashboard: Member;
  readonly operatorKey: string;
  /** Routes new connections to the current port of Redis. */
  followRedis(): void;
  of(role: FleetProcessName): readonly Post[];
  /** URLs at which clients reach the producers. */
  readonly fronts: readonly string[];
  close(): Promise<void>;
}

/** Options of a stand. */
export interface StandOptions {
  readonly crew: Crew;
  /** The caller's own Redis; there are no links to it. */
  readonly redis?: RedisConfig;
}

const ROLES = ['producer', 'worker', 'scaler'] as const;

/** Starts the servers, then every process; resolves when all are ready. */
export async function openStand(options: StandOptions): Promise<Stand> {
  const disk = options.redis === undefined ? await mountSmallDisk() : null;
  const redis = options.redis === undefined ? await startRedisNode(disk?.folder) : null;
  const observer = redis === null ? null : await openLink(redis.port());
  const redisConfig = options.redis ?? { url: `redis://127.0.0.1:${observer?.port}` };
  const postgres = await startPostgresServer();
  await migrateLedger({ url: postgres.url, schema: SCHEMA });
  const ledger = new pg.Pool({ connectionString: postgres.url, max: 4, options: `-c search_path=${SCHEMA}` });
  ledger.on('error', () => undefined);
  await recordTransitions(ledger);
  const operatorKey = randomBytes(24).toString('base64url');
  const servers: Servers = {
    redis: redisConfig,
    redisPort: redis?.port() ?? null,
    postgres: postgres.url,
    operatorKey,
  };
  const posts = await Promise.all(
    ROLES.flatMap((role) =>
      Array.from({ length: options.crew[role] }, (_, index) => openPost(role, index + 1, servers)),
    ),
  );
  const lookout = servers.redisPort === null ? null : await openLink(servers.redisPort);
  const dashboard = createMember({
    name: 'dashboard',
    role: 'dashboard',
    environmentOf: () => environmentOfDashboard(servers, lookout?.port),
  });
  const close = async (): Promise<void> => {
    await Promise.all([dashboard, ...posts.map(({ member }) => member)].map((member) => member.stop()));
    await Promise.all(posts.map(closePost));
    await lookout?.close();
    await observer?.close();
    await ledger.end();
    await Promise.all([postgres.stop(), redis?.stop()]);
    await disk?.remove();
  };
  try {
    await Promise.all([dashboard, ...posts.map(({ member }) => member)].map((member) => member.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    redis,
    disk,
    redisConfig,
    postgres,
    ledger,
    posts,
    dashboard,
    operatorKey,
    followRedis() {
      if (redis === null) return;
      for (const link of [observer, lookout, ...posts.map((post) => post.redis)]) link?.target(redis.port());
    },
    of: (role) => posts.filter(({ member }) => member.role === role),
    fronts: posts.flatMap(({ front }) => (front === null ? [] : [`http://127.0.0.1:${front.port}`])),
    close,
  };
}

interface Servers {
  readonly redis: RedisConfig;
  /** Port of the server that links lead to. */
  readonly redisPort: number | null;
  readonly postgres: string;
  readonly operatorKey: string;
}

/** @param port port of its link to Redis, where there is one */
function environmentOfDashboard(servers: Servers, port?: number): Readonly<Record<string, string>> {
  return {
    LOG_LEVEL: 'info',
    ...redisEnvironment(servers.redis, port),
    SLUICE_PREFIX: PREFIX,
    SLUICE_OPERATOR_KEY: servers.operatorKey,
    NODE_OPTIONS: HEAP_OPTION,
  };
}

async function openPost(role: (typeof ROLES)[number], number: number, servers: Servers): Promise<Post> {
  const [redis, postgres, front, clock] = await Promise.all([
    servers.redisPort === null ? null : openLink(servers.redisPort),
    openLink(Number(new URL(servers.postgres).port)),
    role === 'producer' ? openLink(null) : null,
    createMovableClock(),
  ]);
  const name = `${role}-${number}`;
  const ledger = new URL(servers.postgres);
  ledger.port = String(postgres.port);
  const environment = {
    ...environmentOfFleet(),
    ...redisEnvironment(servers.redis, redis?.port),
    DATABASE_URL: ledger.href,
    DATABASE_SCHEMA: SCHEMA,
    SLUICE_PREFIX: PREFIX,
    SLUICE_OPERATOR_KEY: servers.operatorKey,
    ...clock.environment,
    NODE_OPTIONS: `${clock.environment.NODE_OPTIONS} ${HEAP_OPTION}`,
  };
  const member = createMember({
    name,
    role,
    // The first worker keeps its name across restarts, as in a StatefulSet; others get a new one, as in a Deployment.
    environmentOf: (life) => ({ ...environment, WORKER_ID: number === 1 ? name : `${name}.${life}` }),
    onListen: (url) => front?.target(url === null ? null : Number(new URL(url).port)),
  });
  return { member, redis, postgres, front, clock };
}

async function closePost({ redis, postgres, front, clock }: Post): Promise<void> {
  await Promise.all([redis?.close(), postgres.close(), front?.close(), clock.remove()]);
}
