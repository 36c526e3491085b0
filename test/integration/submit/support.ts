import { createFeedWriter } from '@sluice/fleet/feed/feedWriter';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { createLedger } from '@sluice/fleet/postgres/ledger';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { Acceptor } from '@sluice/fleet/submit/acceptor';
import { createLaneReader } from '@sluice/fleet/wait/laneReader';
import { createEstimateReader } from '@sluice/fleet/wait/waitEstimates';
import { createQuotas } from '@sluice/limits';
import { openFleetConnection } from '@sluice/queued-client/internal';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { inject } from 'vitest';
import { createAccept } from '../../../apps/producer/src/accept/accept.js';
import { createRedisCall } from '../../../apps/producer/src/stores/redisCall.js';
import { createRedisGate } from '../../../apps/producer/src/stores/redisGate.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { FLEET_TASKS } from '../../support/fleetTasks.js';
import type { TcpProxy } from '../producer/tcpProxy.js';
import { openTcpProxy } from '../producer/tcpProxy.js';

/** An acceptor as one of its users configures it, over connections that can be cut. */
export interface AcceptorSpace {
  readonly acceptor: Acceptor;
  readonly space: FleetSpace;
  readonly redis: TcpProxy;
  readonly postgres: TcpProxy;
  close(): Promise<void>;
}

/** Where an acceptor finds its stores. */
interface Stores {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly space: FleetSpace;
}

interface OpenAcceptor {
  readonly acceptor: Acceptor;
  close(): Promise<void>;
}

/** Who configures acceptors. */
export const USERS = { producer: openProducers, 'queued client': openClients } as const;

/** Opens a user's acceptor in a space of its own. */
export async function openAcceptor(user: keyof typeof USERS): Promise<AcceptorSpace> {
  const [space, redis, postgres] = await Promise.all([
    openFleetSpace(),
    openTcpProxy(inject('redisUrl')),
    openTcpProxy(inject('databaseUrl')),
  ]);
  const open = await USERS[user]({
    space,
    redisUrl: through(inject('redisUrl'), redis),
    databaseUrl: through(inject('databaseUrl'), postgres),
  });
  return {
    acceptor: open.acceptor,
    space,
    redis,
    postgres,
    async close() {
      redis.mend();
      postgres.mend();
      await open.close();
      await Promise.all([redis.close(), postgres.close()]);
      await space.close();
    },
  };
}

function through(url: string, { host }: TcpProxy): string {
  const changed = new URL(url);
  changed.host = host;
  return changed.href;
}

/** With a gate, a limit of unqueued jobs, positions and metrics. */
async function openProducers({ space, redisUrl, databaseUrl }: Stores): Promise<OpenAcceptor> {
  const log = createLogger('producer', { level: 'silent' });
  const metrics = createMetrics('producer');
  const now = Date.now;
  const { keys, prefix } = space;
  const postgres = createPostgres({ url: databaseUrl, schema: prefix, poolSize: 5 }, log);
  const redis = createRedis({ url: redisUrl }, 'caller', log);
  const { client } = redis;
  const lanes = createLaneQueues(client, keys);
  const ledger = createLedger(postgres.db);
  const gate = createRedisGate({ client, memoryGuardPercent: 80, metrics, log });
  const call = createRedisCall(gate);
  const quotas = createQuotas({ client, keys, read: async () => null, now, circuit: {} });
  const hasWorkers = async (): Promise<boolean> => true;
  const laneReader = createLaneReader({ client, keys, lanes, call, quotas, tasks: FLEET_TASKS, hasWorkers });
  const estimates = createEstimateReader(laneReader, 1);
  const feed = createFeedWriter(client, keys, log);
  const stores = { client, keys, ledger, lanes, call, gate, estimates, laneReader };
  const { acceptor } = createAccept({ ...stores, feed, metrics, log, now, mostUnqueued: 1_000, checks: new Map() });
  const nothing = async (): Promise<void> => undefined;
  const closing = { name: 'lanes', start: nothing, stop: () => lanes.close() };
  const services = createServiceGroup('producer', [postgres, redis, gate, closing, feed, acceptor], log);
  await services.start();
  return { acceptor, close: () => services.stop(AbortSignal.timeout(5_000)) };
}

/** Without a gate. */
async function openClients({ space, redisUrl, databaseUrl }: Stores): Promise<OpenAcceptor> {
  const { acceptor, close } = await openFleetConnection({
    redis: { url: redisUrl },
    prefix: space.prefix,
    databaseUrl,
    schema: space.prefix,
  });
  return { acceptor, close };
}
