import { fleetKeys } from '@sluice/fleet/redis/keys';
import { takeQuota } from '@sluice/limits/internal';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { repeat } from '../benches/queue/repeat.js';
import { answerCalls } from '../harness/childCalls.js';

const argumentSchema = z.object({ tries: z.int(), quota: z.int() });

/** Tries that are under way at once. */
const AT_ONCE = 256;

const { REDIS_URL = '', SLUICE_PREFIX = '' } = process.env;
const client = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const keys = fleetKeys(SLUICE_PREFIX);

/** Tries to take one tenant's quota; answers how often it was granted. */
async function take(argument: unknown): Promise<number> {
  const { tries, quota } = argumentSchema.parse(argument);
  const limits = { quota: { callsPerWindow: quota, windowMs: 3_600_000, callsAtATime: null }, circuit: null };
  let granted = 0;
  await repeat(tries, AT_ONCE, async (index) => {
    const call = { id: `${process.pid}:${index}`, leaseMs: 60_000, cost: 1 };
    const answer = await takeQuota(client, keys, { tenantId: 'bench', upstream: 'ga4' }, limits, call);
    if (answer.kind === 'granted') granted++;
  });
  return granted;
}

answerCalls({ take });
