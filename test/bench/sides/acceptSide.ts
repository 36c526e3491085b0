import { randomBytes } from 'node:crypto';
import type { Durability } from '@sluice/shared/contracts/jobs';
import { z } from 'zod';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { createHttpClient } from '../../support/httpClient.js';
import { untilDrained } from '../../support/until.js';
import { forkCalled } from '../harness/childCalls.js';
import { readCpuMs } from '../harness/cpuTime.js';
import { readServerCpu } from '../harness/serverCpu.js';
import type { BenchServers } from '../harness/servers.js';
import { DATA, TASK } from './fillLane.js';

const PROFILER = new URL('./profileProcess.js', import.meta.url).href;

/** What one run of one side gave. */
export interface AcceptRun {
  readonly jobsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the HTTP process per job, in microseconds; null where the system does not tell. */
  readonly cpuUsPerJob: number | null;
  readonly loadCpuUsPerJob: number;
  readonly redisUsPerJob: number;
  /** Of all of PostgreSQL's processes; null where the system does not tell. */
  readonly postgresUsPerJob: number | null;
}

/** An HTTP process that accepts jobs. */
interface AcceptingProcess {
  readonly url: string;
  readonly pid: number | undefined;
  /** A credential for each tenant. */
  readonly tokens: readonly string[];
  /** What is posted. */
  readonly body: object;
  /** How many jobs there are, for every one that was answered. */
  countJobs(): Promise<number>;
  stop(): Promise<void>;
}

/** One of the two sides. */
export type AcceptSide = (servers: BenchServers, tenants: number) => Promise<AcceptingProcess>;

/** The load of one run. */
export interface AcceptLoad {
  readonly connections: number;
  readonly seconds: number;
  readonly tenants: number;
}

const loadReply = z.object({
  jobs: z.number(),
  tookMs: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  cpuUs: z.number(),
  /** Answers of 202 with those of the warm-up. */
  answered: z.number(),
  refused: z.string().nullable(),
});

/** Starts a side, loads it, checks that what it answered for is there, and takes everything away. */
export async function measureAccepts(side: AcceptSide, servers: BenchServers, load: AcceptLoad): Promise<AcceptRun> {
  const accepting = await side(servers, load.tenants);
  const loader = forkCalled(new URL('./acceptLoadMain.js', import.meta.url), {});
  try {
    const { url, tokens, body } = accepting;
    const call = (seconds: number) =>
      loader.call('load', { url, tokens, body, connections: load.connections, seconds }, loadReply);
    const warm = await call(load.seconds * 0.6);
    const [cpuBefore, serversBefore] = [await readCpuMs(accepting.pid), await readServerCpu(servers)];
    const run = await call(load.seconds);
    const [cpuAfter, serversAfter] = [await readCpuMs(accepting.pid), await readServerCpu(servers)];
    const perJob = (beforeMs: number | null, afterMs: number | null): number | null =>
      beforeMs === null || afterMs === null ? null : ((afterMs - beforeMs) * 1_000) / run.answered;
    const refused = warm.refused ?? run.refused;
    if (refused !== null) throw new Error(`a job was not accepted: ${refused}`);
    const answered = warm.answered + run.answered;
    await untilDrained(`there are ${answered} jobs`, async () => Math.max(0, answered - (await accepting.countJobs())));
    return {
      jobsPerSecond: (run.jobs / run.tookMs) * 1_000,
      p50Ms: run.p50Ms,
      p99Ms: run.p99Ms,
      cpuUsPerJob: perJob(cpuBefore, cpuAfter),
      loadCpuUsPerJob: run.cpuUs / run.answered,
      redisUsPerJob: perJob(serversBefore.redisMs, serversAfter.redisMs) ?? 0,
      postgresUsPerJob: perJob(serversBefore.postgresMs, serversAfter.postgresMs),
    };
  } finally {
    await loader.stop();
    await accepting.stop();
    await servers.clear();
  }
}

/** The producer as in production. */
export function ourAcceptSide(options: {
  readonly durability: Durability;
  readonly profileDir: string | null;
}): AcceptSide {
  return async ({ environment, postgres }, tenants) => {
    const operatorKey = randomBytes(24).toString('base64url');
    const producer = await startFleetProcess('producer', {
      ...environment,
      SLUICE_OPERATOR_KEY: operatorKey,
      ...profiling(options.profileDir, `accept-${options.durability}`),
    });
    return {
      url: producer.url,
      pid: producer.child.pid,
      tokens: await openTenants(producer, operatorKey, tenants),
      body: { task: TASK, data: DATA, durability: options.durability },
      async countJobs() {
        const { rows } = await postgres.db.$client.query<{ jobs: number }>('SELECT count(*)::int AS jobs FROM jobs');
        return rows[0]?.jobs ?? 0;
      },
      async stop() {
        await producer.stop();
      },
    };
  };
}

async function openTenants({ url }: FleetProcess, operatorKey: string, tenants: number): Promise<string[]> {
  const operator = createHttpClient(url, operatorKey);
  const tokens: string[] = [];
  for (let number = 0; number < tenants; number++) {
    const id = `bench${number}`;
    // The schema outlives a run, and with it the tenants.
    await operator.call('POST', '/api/v1/admin/tenants', { id });
    const { key } = await operator.expect(201, 'POST', `/api/v1/admin/tenants/${id}/keys`, { role: 'member' });
    tokens.push(String(key));
  }
  return tokens;
}

const listening = z.object({ url: z.string() });

/** Fastify and `queue.add`, and nothing else. */
export function bareAcceptSide(options: {
  readonly sameJobs: boolean;
  readonly profileDir: string | null;
}): AcceptSide {
  return async ({ environment, keys }) => {
    const child = forkCalled(new URL('./bareProducerMain.js', import.meta.url), {
      REDIS_URL: environment.REDIS_URL ?? '',
      PREFIX: keys.queuePrefix('bench0'),
      FORM: options.sameJobs ? 'same' : 'plain',
      ...profiling(options.profileDir, 'accept-bare'),
    });
    const { url } = await child.call('listen', null, listening);
    return {
      url,
      pid: child.pid,
      tokens: ['none'],
      body: { task: TASK, data: DATA },
      countJobs: () => child.call('countJobs', null, z.number()),
      async stop() {
        await child.end();
      },
    };
  };
}

function profiling(profileDir: string | null, name: string): Record<string, string> {
  if (profileDir === null) return {};
  return { NODE_OPTIONS: `--import=${PROFILER}`, PROFILE_DIR: profileDir, PROFILE_NAME: name };
}
