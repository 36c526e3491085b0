import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Lane } from '@sluice/shared/domain/lane';
import { readCpuMs } from '../harness/cpuTime.js';
import { watchDrain } from '../harness/drainWatch.js';
import { readServerCpu } from '../harness/serverCpu.js';
import type { BenchServers } from '../harness/servers.js';

/** One process that runs the jobs of a lane. */
interface WorkerUnderTest {
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** What one run of one side gave. */
export interface DrainRun {
  readonly jobsPerSecond: number;
  /** CPU time of the worker process per job, in microseconds; null where the system does not tell. */
  readonly cpuUsPerJob: number | null;
  /** The same of Redis, and of all processes of PostgreSQL. */
  readonly redisUsPerJob: number;
  readonly postgresUsPerJob: number | null;
}

/** One side of the bench. */
export interface Side {
  /** Puts this many jobs into the lane while no worker lives. */
  fill(servers: BenchServers, lane: Lane, jobs: number): Promise<void>;
  /** Starts the worker process; it takes the first job by itself. */
  startWorker(servers: BenchServers, lane: Lane): Promise<WorkerUnderTest>;
  /** Throws unless every job has ended as it should. */
  verify(servers: BenchServers, lane: Lane, jobs: number): Promise<void>;
}

/** Fills a lane, starts a worker process, times it until the lane is empty, checks, and takes everything away. */
export async function drainOnce(side: Side, servers: BenchServers, lane: Lane, jobs: number): Promise<DrainRun> {
  const queues = createLaneQueues(servers.redis.client, servers.keys);
  try {
    await side.fill(servers, lane, jobs);
    const watch = await watchDrain(servers.redis.client, queues, lane);
    // The worker may take its first job before it is known to have started.
    watch.drained.catch(() => undefined);
    const worker = await side.startWorker(servers, lane);
    try {
      await watch.begun;
      const before = await readAllCpu(servers, worker.pid);
      const tookMs = await watch.drained;
      const after = await readAllCpu(servers, worker.pid);
      await side.verify(servers, lane, jobs);
      return {
        jobsPerSecond: (jobs / tookMs) * 1_000,
        cpuUsPerJob: usPerJob(before.workerMs, after.workerMs, jobs),
        redisUsPerJob: usPerJob(before.redisMs, after.redisMs, jobs) ?? 0,
        postgresUsPerJob: usPerJob(before.postgresMs, after.postgresMs, jobs),
      };
    } finally {
      await worker.stop();
    }
  } finally {
    await queues.close();
    await servers.clear();
  }
}

async function readAllCpu(servers: BenchServers, pid: number | undefined) {
  const [workerMs, server] = await Promise.all([readCpuMs(pid), readServerCpu(servers)]);
  return { workerMs, ...server };
}

function usPerJob(beforeMs: number | null, afterMs: number | null, jobs: number): number | null {
  return beforeMs === null || afterMs === null ? null : ((afterMs - beforeMs) * 1_000) / jobs;
}
