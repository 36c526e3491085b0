import { createHash } from 'node:crypto';
import { bucketOf } from '@sluice/shared/domain/lane';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('noteUse');
const reply = z.string().transform(Number).pipe(z.number().nonnegative());

/** In this time a count falls to 1/e, in ms: an hour, so that a count is about the jobs of the last hour. */
const DECAY_MS = 3_600_000;

/** Who submits how many jobs. */
export interface Use {
  readonly tenantId: string;
  /** Any text: it is hashed. */
  readonly userId: string;
  readonly jobs: number;
}

/** Counts jobs of a user; the answer is about how many it had submitted within an hour before them. */
export async function noteUse(client: RedisClient, keys: FleetKeys, { tenantId, userId, jobs }: Use): Promise<number> {
  const user = createHash('sha256').update(userId).digest('base64url').slice(0, 22);
  return reply.parse(await script.run(client, [keys.use(bucketOf(tenantId), tenantId, user)], [jobs, DECAY_MS]));
}
