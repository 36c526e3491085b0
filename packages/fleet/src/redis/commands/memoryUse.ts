import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { MemoryUse } from '../../domain/memoryGuard.js';
import type { RedisClient } from '../client.js';
import { mastersOf } from '../client.js';

/** Timeout per server, in ms. */
const ASK_WITHIN_MS = 1_000;

/**
 * Reads the memory use of each server that holds data. Skips a Cluster master that does not answer, because a replica
 * may be replacing it.
 * @throws when no server answers in time
 */
export async function readMemoryUse(client: RedisClient): Promise<MemoryUse[]> {
  const late = (): Error => new FleetError('unavailable', 'Redis does not say how full it is.');
  const answers = await Promise.allSettled(
    mastersOf(client).map(async (master) => parseMemory(await within(ASK_WITHIN_MS, master.info('memory'), late))),
  );
  const uses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  if (uses.length > 0) return uses;
  const [failed] = answers;
  throw failed?.status === 'rejected' ? failed.reason : late();
}

/** Redis excludes replica and append-only file buffers when it compares its memory with `maxmemory`. */
function parseMemory(info: string): MemoryUse {
  const numberOf = (field: string): number => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    usedBytes: Math.max(0, numberOf('used_memory') - numberOf('mem_not_counted_for_evict')),
    maxBytes: numberOf('maxmemory'),
  };
}
