import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { answerCalls } from '../harness/childCalls.js';
import type { Tally } from './fleetTally.js';

/** How often the event loop is looked at, in ms; its delay is what comes on top. */
const LOOK_EVERY_MS = 10;

const goal = z.object({ jobs: z.number().optional(), tenants: z.number().optional(), timed: z.number().optional() });
const course = z.object({ after: z.number(), first: z.number() });
const file = z.string();

/** Answers the bench's questions about a worker process; the same in both sides' processes. */
export function serveTally(tally: Tally): void {
  const loop = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  loop.enable();
  const profiler = new Session();
  answerCalls({
    reach: (argument) => tally.reach(goal.parse(argument)).then(() => null),
    race: (argument) => tally.race(course.parse(argument)),
    waits: () => tally.waits(),
    reset() {
      tally.reset();
      loop.reset();
      return null;
    },
    state() {
      const { user, system } = process.cpuUsage();
      return {
        ...tally.state(),
        cpuUs: user + system,
        rssBytes: process.memoryUsage.rss(),
        loopDelayP99Ms: Math.max(0, loop.percentile(99) / 1e6 - LOOK_EVERY_MS),
      };
    },
    async profile() {
      profiler.connect();
      await profiler.post('Profiler.enable');
      await profiler.post('Profiler.start');
      return null;
    },
    async profiled(argument) {
      const to = file.parse(argument);
      const { profile } = await profiler.post('Profiler.stop');
      profiler.disconnect();
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, JSON.stringify(profile));
      return null;
    },
  });
}
