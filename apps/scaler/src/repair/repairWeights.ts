import type { Database } from '@sluice/fleet/postgres/connect';
import { listWeights } from '@sluice/fleet/postgres/queries/tenants';
import { readWeights } from '@sluice/fleet/redis/commands/fleetTable';
import { writeWeights } from '@sluice/fleet/redis/commands/tenantEntry';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Leadership } from '../lead/leaderElection.js';
import { differingWeights } from './differingWeights.js';

/** Dependencies of repairing weights. */
export interface RepairDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly log: Log;
}

/**
 * Makes every tenant's weight in Redis match the ledger: Redis may have been unavailable when it was changed, or have
 * been emptied. The ledger is read last, so that a concurrent change is not undone by an older value; a change between
 * this read and the write is undone, until the next repair.
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
