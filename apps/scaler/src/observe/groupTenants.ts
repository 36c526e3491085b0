import type { FleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { Tenant } from '../tenant.js';

/** Groups the registry's lanes by tenant, only those that workers run; dead letters wait for people. */
export function groupTenants(table: FleetTable): Tenant[] {
  const lanesOf = new Map<string, string[]>();
  for (const name of table.lanes) {
    if (classOfLane(name) === DEAD_LETTER_CLASS) continue;
    const tenantId = tenantOfLane(name);
    const lanes = lanesOf.get(tenantId);
    if (lanes === undefined) lanesOf.set(tenantId, [name]);
    else lanes.push(name);
  }
  return [...lanesOf].map(([id, lanes]) => ({ id, lanes, current: table.desired.get(id) ?? null }));
}
