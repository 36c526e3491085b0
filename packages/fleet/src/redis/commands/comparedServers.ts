import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { RedisClient } from '../client.js';
import { mastersOf } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Timeout per master, in ms; one that does not answer may be failing over and is read in the next pass. */
const ASK_WITHIN_MS = 2_000;

/**
 * The run ids of the servers that hold data; each start of a server has its own, as does each replica. Skips a master
 * that does not answer.
 */
export async function readRunIds(client: RedisClient): Promise<string[]> {
  const late = (): Error => new FleetError('unavailable', 'a Redis server did not say which it is in time');
  const answers = await Promise.allSettled(
    mastersOf(client).map((master) => within(ASK_WITHIN_MS, master.info('server'), late)),
  );
  return answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? (/^run_id:(\S+)/m.exec(answer.value)?.[1] ?? []) : [],
  );
}

/**
 * The servers that were compared with the ledger. The set is kept in Redis itself, where losing it is correct: a new
 * leader continues from it, and if it is lost, the servers are compared again.
 */
export async function readComparedServers(client: RedisClient, keys: FleetKeys): Promise<Set<string>> {
  return new Set(await client.smembers(keys.comparedServers));
}

/** Records which servers were compared and removes all others: one that returns may have missed something. */
export async function writeComparedServers(
  client: RedisClient,
  keys: FleetKeys,
  runIds: readonly string[],
): Promise<void> {
  const others = [...(await readComparedServers(client, keys))].filter((runId) => !runIds.includes(runId));
  if (runIds.length > 0) await client.sadd(keys.comparedServers, ...runIds);
  if (others.length > 0) await client.srem(keys.comparedServers, ...others);
}
