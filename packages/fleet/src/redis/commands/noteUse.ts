import { createHash } from 'node:crypto';
import { bucketOf } from '@sluice/shared/domain/lane';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('noteUse');
const reply = z.string().transform(Number).pipe(z.number().nonnegative());

/** Time in which a count decays to 1/e, in ms: an hour, so that it approximates the jobs of the last hour. */
const DECAY_MS = 3_600_000;

/** A user and the number of jobs submitted. */
export interface Use {
  readonly tenantId: string;
  /** Any text; it is hashed. */
  readonly userId: string;
  readonly jobs: number;
}

/** Counts a user's jobs; returns approximately how many the user submitted in the hour before them. */
export async function noteUse(client: RedisClient, keys: FleetKeys, { tenantId, userId, jobs }: Use): Promise<number> {
  const user = createHash('sha256').update(userId).digest('base64url').slice(0, 22);
  return reply.parse(await script.run(client, [keys.use(bucketOf(tenantId), tenantId, user)], [jobs, DECAY_MS]));
}
