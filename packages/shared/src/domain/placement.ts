import { hash32, mix32 } from './hash.js';

/** Slots of a tenant for which the scaler has not made a decision yet. */
export const FLOOR_SLOTS = 1;

/** A worker takes at most this multiple of its fair share, by capacity, of all slots. */
const LOAD_FACTOR = { numerator: 5, denominator: 4 } as const;

/** Slot numbers by tenant, ascending. */
export type PlacedSlots = ReadonlyMap<string, readonly number[]>;

/**
 * Decides which worker process holds which slots: rendezvous hashing with bounded loads. Pure, so that all processes
 * with the same slots and workers compute the same placement. Guarantees:
 * - Each slot 1..n of each tenant is with exactly one worker, unless no worker has a capacity.
 * - No worker has more than ceil(1.25 x slots x its share of the capacity). Mirrokni, Thorup and Zadimoghaddam,
 *   "Consistent Hashing with Bounded Loads", 2016.
 * - A slot is with its best-ranked worker below that bound. The rank is highest random weight: Thaler and Ravishankar,
 *   1998; weighted by capacity, capacity / -ln(u): Schindelhauer and Schomaker, 2005.
 * - Few slots move, given ten or more per worker: when a worker joins or leaves, about its share, at most three times
 *   that; for one more slot, at most one slot per worker. With fewer slots, one more can raise every bound and move up
 *   to half of them.
 * - The lower slot numbers of all tenants are placed first: while the bounds stay the same, a tenant's growth displaces
 *   only slots with the new number or above.
 *
 * Slots of one tenant are placed independently of each other: two may be with the same worker. Keeping them apart would
 * move up to 1.6 times as many when a worker leaves.
 * Costs one integer mix and one logarithm per slot and worker below its bound.
 * @param desired slots of each tenant, 0 or more, by tenant
 * @param capacities of each live worker, in any common unit; a worker without a positive capacity gets no slots
 * @returns an entry for every worker
 */
export function placeSlots(
  desired: ReadonlyMap<string, number>,
  capacities: ReadonlyMap<string, number>,
): ReadonlyMap<string, PlacedSlots> {
  const tenants = inCanonicalOrder(desired);
  const workers = withBounds(capacities, sumOf(tenants.map(({ slots }) => slots)));
  const highest = tenants.reduce((most, { slots }) => Math.max(most, slots), 0);
  for (let slot = 1; slot <= highest; slot++) {
    for (const tenant of tenants) {
      if (slot > tenant.slots) continue;
      const worker = bestWithRoom(mix32((tenant.hash + Math.imul(slot, GOLDEN_RATIO_32)) | 0), workers);
      if (worker !== null) give(worker, tenant.id, slot);
    }
  }
  const placed = new Map<string, PlacedSlots>([...capacities.keys()].map((id) => [id, NO_SLOTS]));
  for (const { id, held } of workers) placed.set(id, held);
  return placed;
}

const NO_SLOTS: PlacedSlots = new Map();

/**
 * 2^32 divided by the golden ratio: spreads small numbers over all bits. Knuth, The Art of Computer Programming, 6.4.
 */
const GOLDEN_RATIO_32 = 0x9e3779b9;

interface Tenant {
  readonly id: string;
  readonly hash: number;
  readonly slots: number;
}

interface Worker {
  readonly id: string;
  readonly hash: number;
  readonly capacity: number;
  readonly bound: number;
  readonly held: Map<string, number[]>;
  load: number;
}

/** Ordered by hash, so that no tenant is always first because of its name; the name breaks ties. */
function inCanonicalOrder(desired: ReadonlyMap<string, number>): readonly Tenant[] {
  return [...desired]
    .map(([id, slots]) => ({ id, slots: Math.max(0, Math.floor(slots)), hash: hash32(id) }))
    .sort((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));
}

/**
 * Workers that may hold slots, by name: the first one wins ties, and sums of fractions do not depend on the input's
 * order.
 */
function withBounds(capacities: ReadonlyMap<string, number>, slots: number): readonly Worker[] {
  const able = [...capacities].filter(([, capacity]) => capacity > 0 && Number.isFinite(capacity));
  const total = sumOf(able.map(([, capacity]) => capacity).sort((a, b) => a - b));
  return able
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, capacity]) => ({
      id,
      capacity,
      hash: hash32(id),
      bound: Math.ceil((LOAD_FACTOR.numerator * slots * capacity) / (LOAD_FACTOR.denominator * total)),
      held: new Map(),
      load: 0,
    }));
}

/** The bounds add up to at least 1.25 times all slots, so some worker is below its bound as long as there is one. */
function bestWithRoom(slotHash: number, workers: readonly Worker[]): Worker | null {
  let best: Worker | null = null;
  let leastCost = Number.POSITIVE_INFINITY;
  for (const worker of workers) {
    if (worker.load >= worker.bound) continue;
    // In (0, 1): the logarithm is finite and negative.
    const uniform = (mix32(slotHash ^ worker.hash) + 0.5) / 2 ** 32;
    const cost = -Math.log(uniform) / worker.capacity;
    if (cost < leastCost) {
      best = worker;
      leastCost = cost;
    }
  }
  return best;
}

function give(worker: Worker, tenantId: string, slot: number): void {
  const held = worker.held.get(tenantId);
  if (held === undefined) worker.held.set(tenantId, [slot]);
  else held.push(slot);
  worker.load++;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
