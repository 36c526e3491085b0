import { randomBytes } from 'node:crypto';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { Command, Redis } from 'ioredis';
import type { RedisServer } from './redisServer.js';
import { startRedisServer } from './redisServer.js';
import { until } from './until.js';

/** One test file's own Redis Cluster. */
export interface RedisCluster {
  /** For `createRedis`, `openFleetSpace` and `startFleet`; names the first master. */
  readonly config: RedisConfig;
  /**
   * Kills the master that owns a key, or stops it so that it does not respond, and resolves when its replica has taken
   * over. The replica has everything written before the call; later writes may be lost, as with any failover.
   */
  killOwnerOf(key: string, signal?: 'SIGKILL' | 'SIGSTOP'): Promise<void>;
  /** Moves a key's hash slot, with its data, to another master. */
  moveSlotOf(key: string): Promise<void>;
  /** Client connections to all nodes in total, without those of the Cluster itself and of this object. */
  countClients(): Promise<number>;
  stop(): Promise<void>;
}

/** How long a node may be unresponsive before others consider it failed, in ms. */
const NODE_TIMEOUT_MS = 2_000;

const SLOTS = 16_384;

interface Node {
  readonly server: RedisServer;
  readonly admin: Redis;
}

/**
 * Starts three masters, each with this many replicas, and joins them; resolves when every node reports a healthy
 * cluster. They require a password, so that a connection that omits it fails.
 */
export async function startRedisCluster(replicas: 0 | 1 = 0): Promise<RedisCluster> {
  const password = randomBytes(12).toString('hex');
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, () => startNode(password)));
  const stop = async (): Promise<void> => {
    for (const { admin } of nodes) admin.disconnect();
    await Promise.all(nodes.map(({ server }) => server.stop()));
  };
  try {
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const killed = new Set<Node>();
  const alive = (): Node[] => nodes.filter((node) => !killed.has(node));
  return {
    config: { url: `redis://:${password}@127.0.0.1:${nodes[0]?.server.port}`, cluster: true },
    async killOwnerOf(key, signal = 'SIGKILL') {
      const owner = await ownerOf(alive(), key);
      await untilReplicated(owner);
      killed.add(owner);
      owner.admin.disconnect();
      owner.server.kill(signal);
      await until('a replica has taken over', async () => {
        const port = await ownerPort(alive(), key);
        return port !== owner.server.port && (await areWhole(alive()));
      });
    },
    async moveSlotOf(key) {
      const from = await ownerOf(alive(), key);
      const to = (await masters(alive())).find((node) => node !== from);
      if (to === undefined) throw new Error('there is no other master');
      await moveSlot(key, from, to, { password, all: await masters(alive()) });
    },
    async countClients() {
      const lists = await Promise.all(alive().map(({ admin }) => admin.client('LIST')));
      return (lists as string[])
        .flatMap((list) => list.trim().split('\n'))
        .filter((line) => !/ name=admin /.test(line) && !/ flags=\w*[MS]/.test(line)).length;
    },
    stop,
  };
}

async function startNode(password: string): Promise<Node> {
  const server = await startRedisServer([
    'save ""',
    'cluster-enabled yes',
    `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
    'cluster-replica-validity-factor 0',
    'repl-diskless-sync-delay 0',
    `requirepass ${password}`,
    `masterauth ${password}`,
  ]);
  const admin = new Redis({ port: server.port, host: '127.0.0.1', password, connectionName: 'admin' });
  admin.on('error', () => undefined);
  return { server, admin };
}

async function join(nodes: readonly Node[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  await Promise.all(nodes.map(({ admin }, index) => admin.cluster('SET-CONFIG-EPOCH', index + 1)));
  const owners = nodes.slice(0, 3);
  await Promise.all(
    owners.map(({ admin }, index) => {
      const [from, end] = [0, 1].map((step) => Math.floor((SLOTS * (index + step)) / owners.length));
      return admin.cluster('ADDSLOTSRANGE', from ?? 0, (end ?? 0) - 1);
    }),
  );
  for (const { server } of others) await first.admin.cluster('MEET', '127.0.0.1', server.port);
  await until('every node knows the others', async () => {
    const known = await Promise.all(nodes.map(({ admin }) => knownNodes(admin)));
    return known.every((lines) => lines.length === nodes.length && !lines.some((line) => /handshake/.test(line)));
  });
  for (const [index, { admin }] of nodes.slice(3).entries()) {
    const master = owners[index];
    if (master !== undefined) await admin.cluster('REPLICATE', String(await master.admin.cluster('MYID')));
  }
  await until('every node says that the Cluster is whole', () => areWhole(nodes));
  await until('every replica follows', async () => {
    const infos = await Promise.all(nodes.slice(3).map(({ admin }) => admin.info('replication')));
    return infos.every((info) => info.includes('master_link_status:up'));
  });
}

async function untilReplicated({ admin }: Node): Promise<void> {
  const written = Number(/^master_repl_offset:(\d+)/m.exec(await admin.info('replication'))?.[1]);
  await until('its replica has it all', async () => {
    const replica = /^slave0:.*,offset=(\d+)/m.exec(await admin.info('replication'));
    return Number(replica?.[1]) >= written;
  });
}

async function areWhole(nodes: readonly Node[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ admin }) => admin.cluster('INFO')));
  return infos.every((info) => /cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info));
}

async function knownNodes(admin: Redis): Promise<string[]> {
  return String(await admin.cluster('NODES'))
    .trim()
    .split('\n');
}

async function masters(nodes: readonly Node[]): Promise<Node[]> {
  const roles = await Promise.all(nodes.map(({ admin }) => admin.role()));
  return nodes.filter((_, index) => roles[index]?.[0] === 'master');
}

/** The port of the master that owns a key, according to the first node. */
async function ownerPort([node]: readonly Node[], key: string): Promise<number | undefined> {
  const slot = slotOf(key);
  const ranges = (await node?.admin.cluster('SLOTS')) ?? [];
  return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2]?.[1];
}

async function ownerOf(nodes: readonly Node[], key: string): Promise<Node> {
  const port = await ownerPort(nodes, key);
  const owner = nodes.find(({ server }) => server.port === port);
  if (owner === undefined) throw new Error(`nobody owns ${key}`);
  return owner;
}

async function moveSlot(
  key: string,
  from: Node,
  to: Node,
  { password, all }: { readonly password: string; readonly all: readonly Node[] },
): Promise<void> {
  const slot = slotOf(key);
  const [fromId, toId] = await Promise.all([from, to].map(async ({ admin }) => String(await admin.cluster('MYID'))));
  await to.admin.cluster('SETSLOT', slot, 'IMPORTING', fromId ?? '');
  await from.admin.cluster('SETSLOT', slot, 'MIGRATING', toId ?? '');
  const keys = (await from.admin.cluster('GETKEYSINSLOT', slot, 100_000)) as string[];
  if (keys.length > 0) {
    const target = ['127.0.0.1', String(to.server.port), '', '0', '5000', 'AUTH', password, 'KEYS', ...keys];
    await from.admin.call('MIGRATE', ...target);
  }
  for (const { admin } of [to, from, ...all]) await admin.cluster('SETSLOT', slot, 'NODE', toId ?? '');
}

function slotOf(key: string): number {
  return new Command('get', [key]).getSlot() ?? -1;
}
