import { Worker } from 'node:worker_threads';
import type { Service } from '@sluice/shared/lifecycle/service';
import { TICK_MS } from './judgeTick.js';
import type { WatchData } from './watchThread.js';

/** Options of a watchdog. */
export interface WatchdogOptions {
  /** Name of the process in the log line. */
  readonly name: string;
  /** The process is killed when its event loop is blocked for this long, in ms; null disables this. */
  readonly blockedMs: number | null;
  /** Ids of running jobs, for the log line. */
  readonly jobs?: SharedArrayBuffer;
  /** The process is killed when this is no longer its parent. */
  readonly parentPid?: number;
}

/** Beats from the event loop to a thread that kills the process when the beats stop. */
export function createWatchdog({ name, blockedMs, jobs, parentPid }: WatchdogOptions): Service {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let thread: Worker | null = null;
  let beating: NodeJS.Timeout | undefined;
  return {
    name: 'watchdog',
    async start() {
      const workerData: WatchData = { name, blockedMs, beats, jobs: jobs ?? null, parentPid: parentPid ?? null };
      // The thread needs little memory, and must not inherit the options of a process that is given much.
      const watching = new Worker(new URL('./watchThread.js', import.meta.url), {
        workerData,
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
      });
      thread = watching;
      beating = setInterval(() => Atomics.add(beats, 0, 1), TICK_MS).unref();
      await new Promise<void>((resolve, reject) => {
        watching.once('online', resolve);
        watching.once('error', reject);
      });
      watching.unref();
    },
    async stop() {
      clearInterval(beating);
      await thread?.terminate();
      thread = null;
    },
  };
}
