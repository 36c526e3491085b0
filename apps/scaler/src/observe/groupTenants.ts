import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import type { Lane } from '@sluice/shared/domain/lane';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { FleetTable } from '@sluice/shared/redis/commands/fleetTable';
import type { Tenant } from '../tenant.js';

/** The tenants of the registry with the lanes that workers run; dead letters wait for people, not for workers. */
export function groupTenants(table: FleetTable): Tenant[] {
  const lanesOf = new Map<string, Lane[]>();
  for (const name of table.lanes) {
    const lane: Lane = { tenantId: tenantOfLane(name), queueClass: classOfLane(name) };
    if (lane.queueClass === DEAD_LETTER_CLASS) continue;
    const lanes = lanesOf.get(lane.tenantId);
    if (lanes === undefined) lanesOf.set(lane.tenantId, [lane]);
    else lanes.push(lane);
  }
  return [...lanesOf].map(([id, lanes]) => ({ id, lanes, current: table.desired.get(id) ?? null }));
}
