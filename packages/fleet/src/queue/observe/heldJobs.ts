import { bucketOf } from '@sluice/shared/domain/lane';
import type { HeldInQueue } from '@sluice/shared/domain/recovery';
import { QueueKeys } from 'bullmq';
import { z } from 'zod';
import type { RedisClient } from '../../redis/client.js';
import { defineLua } from '../../redis/defineLua.js';
import type { FleetKeys } from '../../redis/keys.js';

const script = defineLua('heldJobs');
const reply = z.array(z.int().min(0).max(3));
const KINDS: readonly HeldInQueue[] = ['nothing', 'unfinished', 'finished', 'stray'];

/** BullMQ's keys for the unfinished jobs of a lane, in the script's order. */
const PLACES = ['prioritized', 'delayed', 'waiting-children', 'active', 'wait', 'paused'];

/** Maximum jobs per call, so that it blocks Redis for only about a millisecond. */
const JOBS_PER_CALL = 500;

/** A job by its BullMQ names. */
export interface QueuedJobName {
  readonly tenantId: string;
  readonly queueClass: string;
  /** Id of the BullMQ job. */
  readonly queueJobId: string;
}

/** Returns how BullMQ holds each job, in order: one concurrent call per lane and 500 jobs. Read-only. */
export async function readHeldJobs(
  client: RedisClient,
  keys: FleetKeys,
  jobs: readonly QueuedJobName[],
): Promise<HeldInQueue[]> {
  const held: HeldInQueue[] = jobs.map(() => 'nothing');
  await Promise.all(
    callsOf(jobs).map(async ({ lane, bucket, asked }) => {
      const names = new QueueKeys(keys.bucketPrefix(bucket));
      const keysOfCall = [...PLACES, ...asked.map(({ id }) => id)].map((name) => names.toKey(lane, name));
      const codes = reply.parse(
        await script.run(
          client,
          keysOfCall,
          asked.map(({ id }) => id),
        ),
      );
      for (const [at, { index }] of asked.entries()) held[index] = KINDS[codes[at] ?? 0] ?? 'nothing';
    }),
  );
  return held;
}

interface HeldCall {
  readonly lane: string;
  readonly bucket: number;
  readonly asked: { readonly id: string; readonly index: number }[];
}

function callsOf(jobs: readonly QueuedJobName[]): HeldCall[] {
  const calls: HeldCall[] = [];
  const open = new Map<string, HeldCall>();
  for (const [index, { tenantId, queueClass, queueJobId }] of jobs.entries()) {
    const lane = `${tenantId}.${queueClass}`;
    let call = open.get(lane);
    if (call === undefined || call.asked.length >= JOBS_PER_CALL) {
      call = { lane, bucket: bucketOf(tenantId), asked: [] };
      open.set(lane, call);
      calls.push(call);
    }
    call.asked.push({ id: queueJobId, index });
  }
  return calls;
}
