import type { Ask } from '../redis/ask.js';
import type { RedisClient } from '../redis/client.js';
import { noteUse } from '../redis/commands/noteUse.js';
import type { FleetKeys } from '../redis/keys.js';
import type { Submission } from './prepareJob.js';

/** What counting rests on. */
export interface NoteUseParts {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly call: Ask;
}

/** Counts jobs that are submitted, and says how many came before; asks nobody where no rule is on. */
export type NoteUse = (submission: Submission, jobs: number) => Promise<Submission>;

/** One round trip for tenants that have the rule on. While Redis is away nobody has submitted anything of late. */
export function createNoteUse({ client, keys, call }: NoteUseParts): NoteUse {
  return async (submission, jobs) => {
    const { tenantId, submitter: userId, priorityRules } = submission;
    if (priorityRules?.recentUse === undefined || userId === null) return submission;
    const recentJobs = await call(() => noteUse(client, keys, { tenantId, userId, jobs })).catch(() => 0);
    return { ...submission, recentJobs };
  };
}
