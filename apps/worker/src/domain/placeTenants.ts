import type { PlacedSlots } from '@sluice/shared/domain/placement';
import { placeSlots } from '@sluice/shared/domain/placement';

/** A tenant whose lanes need to run. */
export interface PlacedTenant {
  /** Slots, 0 or more. */
  readonly slots: number;
  /** Queue classes of its lanes. */
  readonly classes: ReadonlySet<string>;
}

/** A live worker process. */
export interface PlacedWorker {
  /** Maximum number of concurrent jobs. */
  readonly capacity: number;
  /** Queue classes that it has handlers for. */
  readonly classes: ReadonlySet<string>;
}

/** A placement of tenants on workers. */
export interface TenantPlacement {
  /** Slots of each worker. */
  readonly slots: ReadonlyMap<string, PlacedSlots>;
  /** Queue classes that some worker runs; lanes of other classes are opened by any slot holder. */
  readonly knownClasses: ReadonlySet<string>;
  /** Whether the placement changes between time slices. */
  readonly rotates: boolean;
}

/**
 * Places tenants' slots on workers that can use them. Pure, so that every process with the same input computes the same
 * placement. When all workers run the same classes, as between deployments, this is `placeSlots`. Otherwise a tenant's
 * slots go to workers that run at least one of its classes; a class that none of these runs gets the tenant's first
 * slot, in a time slice of its own, on a worker that does: one slot cannot serve two pools at once. The slot's lease
 * prevents overlap.
 * @param slice number of the time slice, the same in all processes
 */
export function placeTenants(
  tenants: ReadonlyMap<string, PlacedTenant>,
  workers: ReadonlyMap<string, PlacedWorker>,
  slice: number,
): TenantPlacement {
  const knownClasses = new Set([...workers.values()].flatMap(({ classes }) => [...classes]));
  const capacities = new Map(Array.from(workers, ([id, { capacity }]) => [id, capacity]));
  const isUniform = [...workers.values()].every(({ classes }) => classes.size === knownClasses.size);
  if (isUniform) {
    const desired = new Map(Array.from(tenants, ([id, { slots }]) => [id, slots]));
    return { slots: placeSlots(desired, capacities), knownClasses, rotates: false };
  }
  const placed = new Map([...workers.keys()].map((id) => [id, new Map<string, readonly number[]>()]));
  for (const { needed, desired } of groupByClasses(tenants, knownClasses)) {
    for (const [id, slots] of placeSlots(desired, capacitiesFor(workers, needed)))
      for (const [tenant, numbers] of slots) placed.get(id)?.set(tenant, numbers);
  }
  let rotates = false;
  for (const [tenant, { classes, slots }] of tenants) {
    const missing = slots > 0 ? missingClasses(tenant, intersect(classes, knownClasses), workers, placed) : [];
    if (missing.length === 0) continue;
    rotates = true;
    const next = missing[(slice % (missing.length + 1)) - 1];
    if (next !== undefined) moveFirstSlot(tenant, capacitiesFor(workers, new Set([next])), placed);
  }
  return { slots: placed, knownClasses, rotates };
}

interface TenantGroup {
  readonly needed: ReadonlySet<string>;
  readonly desired: Map<string, number>;
}

/** Groups tenants whose lanes need the same classes: they share workers and bounds. */
function groupByClasses(tenants: ReadonlyMap<string, PlacedTenant>, known: ReadonlySet<string>): Iterable<TenantGroup> {
  const groups = new Map<string, TenantGroup>();
  for (const [tenant, { slots, classes }] of tenants) {
    const needed = intersect(classes, known);
    const key = [...needed].sort().join(' ');
    const group = groups.get(key) ?? { needed, desired: new Map() };
    group.desired.set(tenant, slots);
    groups.set(key, group);
  }
  return groups.values();
}

/** Capacities of the workers that run any of these classes; of all workers when no class is needed. */
function capacitiesFor(
  workers: ReadonlyMap<string, PlacedWorker>,
  needed: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const able = [...workers].filter(([, { classes }]) => needed.size === 0 || intersect(needed, classes).size > 0);
  return new Map(able.map(([id, { capacity }]) => [id, capacity]));
}

/** Classes that a tenant needs and that none of its slots' workers runs, in order. */
function missingClasses(
  tenant: string,
  needed: ReadonlySet<string>,
  workers: ReadonlyMap<string, PlacedWorker>,
  placed: ReadonlyMap<string, PlacedSlots>,
): readonly string[] {
  const covered = new Set<string>();
  for (const [id, { classes }] of workers)
    if (placed.get(id)?.has(tenant)) for (const name of classes) covered.add(name);
  return [...needed].filter((name) => !covered.has(name)).sort();
}

/** Moves a tenant's slot 1 to the best-ranked of these workers. */
function moveFirstSlot(
  tenant: string,
  capacities: ReadonlyMap<string, number>,
  placed: ReadonlyMap<string, Map<string, readonly number[]>>,
): void {
  for (const held of placed.values()) {
    const left = held.get(tenant)?.filter((number) => number !== 1);
    if (left?.length === 0) held.delete(tenant);
    else if (left !== undefined) held.set(tenant, left);
  }
  for (const [id, slots] of placeSlots(new Map([[tenant, 1]]), capacities)) {
    const held = placed.get(id);
    if (slots.has(tenant)) held?.set(tenant, [1, ...(held.get(tenant) ?? [])]);
  }
}

function intersect(one: ReadonlySet<string>, other: ReadonlySet<string>): Set<string> {
  return new Set([...one].filter((name) => other.has(name)));
}
