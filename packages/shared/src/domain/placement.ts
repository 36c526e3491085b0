import { hash32 } from './hash.js';

/** Slots of a tenant that the scaler has not decided on yet. */
export const FLOOR_SLOTS = 1;

/**
 * Which worker process holds a tenant's slot: rendezvous (highest random weight) hashing, so that a process that comes
 * or goes moves only the slots that it gains or loses. Thaler and Ravishankar, 1998.
 * @param slot 1-based number of the slot within its tenant
 * @param workers ids of the live worker processes, in any order
 * @returns the id of one of them, or null when there is none
 */
export function placeSlot(tenantId: string, slot: number, workers: readonly string[]): string | null {
  let best: string | null = null;
  let bestWeight = -1;
  for (const worker of workers) {
    const weight = hash32(`${worker}|${tenantId}|${slot}`);
    if (weight > bestWeight || (weight === bestWeight && best !== null && worker < best)) {
      best = worker;
      bestWeight = weight;
    }
  }
  return best;
}

/**
 * How many of a tenant's slots one process holds.
 * @param desired slots of the tenant, 1..5
 */
export function slotsHeldBy(worker: string, tenantId: string, desired: number, workers: readonly string[]): number {
  let held = 0;
  for (let slot = 1; slot <= desired; slot++) if (placeSlot(tenantId, slot, workers) === worker) held++;
  return held;
}
