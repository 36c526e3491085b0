import { setTimeout as pause } from 'node:timers/promises';
import { batchWrites } from '@sluice/fleet/redis/batchWrites';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { answerCalls, nowMs } from '../harness/childCalls.js';
import { createJobAdder } from './jobAdder.js';

/** Lanes added to at once, and jobs in one bulk add at most. */
const LANES_AT_ONCE = 50;
const JOBS_PER_ADD = 1_000;

/** How often a paced load adds what is due, in ms. */
const PACE_EVERY_MS = 10;

/** Coprime to any number of tenants that it is not a multiple of: visits every tenant once before any again. */
const STRIDE = 7_919;

const count = z.number().int().nonnegative();
const fillArgument = z.object({ from: count, tenants: count, jobsEach: count });
const paceArgument = z.object({ tenants: count, jobsPerSecond: z.number(), jobs: count });
const singlesArgument = z.object({ from: count, tenants: count, jobs: count, everyMs: z.number() });

const { REDIS_URL = '', PREFIX = '', FORM = '' } = process.env;
const client = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
client.setMaxListeners(0);
const form = z.enum(['lanes', 'plain', 'same']).parse(FORM);
// As the producer's own connection does.
if (form === 'lanes') client.on('connect', () => batchWrites(client.stream));
const add = createJobAdder(form, client, fleetKeys(PREFIX));

/** Adds jobs to tenants `from`, `from + 1`, ... as fast as it can. */
async function fill(argument: unknown): Promise<number> {
  const { from, tenants, jobsEach } = fillArgument.parse(argument);
  const startedMs = nowMs();
  for (let first = 0; first < tenants; first += LANES_AT_ONCE) {
    const lanes = Array.from({ length: Math.min(LANES_AT_ONCE, tenants - first) }, (_, i) => from + first + i);
    for (let left = jobsEach; left > 0; left -= JOBS_PER_ADD) {
      const jobs = Math.min(left, JOBS_PER_ADD);
      await add(lanes.map((tenant) => ({ tenant, data: {}, jobs })));
    }
  }
  return startedMs;
}

/** Adds single jobs at a pace, over all tenants in turn, without waiting for the answers in between. */
async function pace(argument: unknown): Promise<number> {
  const { tenants, jobsPerSecond, jobs } = paceArgument.parse(argument);
  const startedMs = nowMs();
  const pending: Promise<void>[] = [];
  for (let added = 0; added < jobs; ) {
    const due = Math.min(jobs, Math.floor(((nowMs() - startedMs) * jobsPerSecond) / 1_000) + 1);
    // Each is an add of its own, as when requests come in.
    for (; added < due; added++) pending.push(add([{ tenant: (added * STRIDE) % tenants, data: {}, jobs: 1 }]));
    await pause(PACE_EVERY_MS);
  }
  await Promise.all(pending);
  return startedMs;
}

/** Adds single jobs that say when they were added, each to another tenant, one after the other. */
async function singles(argument: unknown): Promise<number> {
  const { from, tenants, jobs, everyMs } = singlesArgument.parse(argument);
  const startedMs = nowMs();
  for (let i = 0; i < jobs; i++) {
    await pause(Math.max(0, startedMs + i * everyMs - nowMs()));
    await add([{ tenant: from + ((i * STRIDE) % tenants), data: { addedMs: nowMs() }, jobs: 1 }]);
  }
  return startedMs;
}

answerCalls({
  fill,
  pace,
  singles,
  cpuUs() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});
