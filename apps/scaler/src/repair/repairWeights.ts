import type { Database } from '@sluice/fleet/postgres/connect';
import { listWeights } from '@sluice/fleet/postgres/queries/tenants';
import { readWeights } from '@sluice/fleet/redis/commands/fleetTable';
import { writeWeights } from '@sluice/fleet/redis/commands/tenantEntry';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Leadership } from '../lead/leaderElection.js';
import { differingWeights } from './differingWeights.js';

/** What repairing needs. */
export interface RepairDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly log: Log;
}

/**
 * Makes Redis say of every tenant's weight what the ledger says: Redis may have been away when it was changed, or have
 * been emptied. The ledger is read last, so that a change that is under way is not undone by an older number; one that
 * comes between this reading and the writing is, until the next repair.
 * @returns how many weights were written
 */
export async function repairWeights(leadership: Leadership, { db, redis, keys, log }: RepairDeps): Promise<number> {
  const copy = await readWeights(redis.client, keys);
  const differing = differingWeights(await listWeights(db), copy);
  if (differing.size === 0 || !leadership.holds()) return 0;
  await writeWeights(redis.client, keys, differing);
  log.info(
    { component: 'recovery', event: 'weights_repaired', tenants: differing.size },
    'repaired the weights of tenants in Redis from the ledger',
  );
  return differing.size;
}
