import type { Ask } from '../redis/ask.js';
import type { RedisClient } from '../redis/client.js';
import { noteUse } from '../redis/commands/noteUse.js';
import type { FleetKeys } from '../redis/keys.js';
import type { Submission } from './prepareJob.js';

/** Dependencies of the use count. */
export interface NoteUseDeps {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly call: Ask;
}

/**
 * Counts submitted jobs, and adds the number of earlier ones to the submission; costs nothing for tenants without the
 * rule.
 */
export type NoteUse = (submission: Submission, jobs: number) => Promise<Submission>;

/** One round trip for tenants that use the rule. While Redis is unavailable, the count is 0. */
export function createNoteUse({ client, keys, call }: NoteUseDeps): NoteUse {
  return async (submission, jobs) => {
    const { tenantId, submitter: userId, priorityRules } = submission;
    if (priorityRules?.recentUse === undefined || userId === null) return submission;
    const recentJobs = await call(() => noteUse(client, keys, { tenantId, userId, jobs })).catch(() => 0);
    return { ...submission, recentJobs };
  };
}
