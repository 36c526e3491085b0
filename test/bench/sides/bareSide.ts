import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { laneName } from '@sluice/shared/domain/lane';
import { fillLane } from './fillLane.js';
import type { Side } from './workerSide.js';

/** Bare BullMQ: a process of its own with one Worker, whose processor does nothing. There is no ledger. */
export function bareSide(concurrency: number): Side {
  return {
    fill: (servers, lane, jobs) => fillLane(servers, lane, jobs),
    async startWorker({ environment, keys }, lane) {
      const main = fileURLToPath(new URL('./bareWorkerMain.js', import.meta.url));
      const child = spawn(process.execPath, [main], {
        env: {
          PATH: process.env.PATH,
          REDIS_URL: environment.REDIS_URL,
          QUEUE: laneName(lane),
          PREFIX: keys.queuePrefix(lane.tenantId),
          CONCURRENCY: String(concurrency),
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const exited = once(child, 'exit');
      await once(child, 'spawn');
      return {
        pid: child.pid,
        async stop() {
          child.kill('SIGTERM');
          await exited;
        },
      };
    },
    // Nothing is kept that could be counted: the lane was empty and its last event a completed job.
    verify: async () => undefined,
  };
}
