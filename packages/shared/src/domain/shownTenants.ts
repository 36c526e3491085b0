/** What a look found of a tenant, as far as it says how busy the tenant is. */
export interface TenantTraffic {
  readonly tenantId: string;
  /** Jobs that wait or run. */
  readonly held: number;
  /** Jobs that were added ever, as far as is known. */
  readonly arrivals: number;
}

/** Which tenants metrics shall name. */
export interface ShownTenantsBounds {
  /** Always named, once they have a lane. */
  readonly always: readonly string[];
  /** How many others at most. */
  readonly most: number;
}

/** What stands for all tenants that are not named; a tenant of this very id is never named by itself. */
export const OTHER_TENANTS = 'other';

/** A newcomer takes a place when it is so many times as busy as whoever has it: without, two alike would take turns. */
const ADVANTAGE = 2;

/** Each whole look counts for half of what there is to say; what is left of old ones under this is forgotten. */
const FORGOTTEN_SCORE = 0.01;

/**
 * Chooses the tenants that metrics name: a list, and the busiest beside it. Pure. Names change as little as can be: one
 * that has a place keeps it, however idle, until a much busier one needs it or the tenant is gone.
 */
export class ShownTenants {
  readonly #always: ReadonlySet<string>;
  readonly #most: number;
  readonly #scores = new Map<string, number>();
  readonly #arrivals = new Map<string, number>();
  #named: ReadonlySet<string>;

  /** @param before the tenants that were named by a predecessor */
  constructor({ always, most }: ShownTenantsBounds, before: readonly string[] = []) {
    this.#always = new Set(always.filter((id) => id !== OTHER_TENANTS));
    this.#most = most;
    this.#named = new Set(before.filter((id) => this.#mayHavePlace(id)).slice(0, most));
  }

  /** Every tenant that is named, at most as many as the list and the bound together. */
  names(): readonly string[] {
    return [...this.#always, ...this.#named];
  }

  /** Takes a look at all tenants there are. */
  sawAll(traffic: readonly TenantTraffic[]): void {
    const there = new Set(traffic.map(({ tenantId }) => tenantId));
    for (const [id, score] of this.#scores) {
      if (there.has(id) && score / 2 >= FORGOTTEN_SCORE) this.#scores.set(id, score / 2);
      else this.#scores.delete(id);
    }
    for (const id of this.#arrivals.keys()) if (!there.has(id)) this.#arrivals.delete(id);
    for (const one of traffic) this.#count(one);
    const named = new Set([...this.#named].filter((id) => there.has(id)));
    for (const id of this.#busiestFirst(named)) {
      if (named.size < this.#most) named.add(id);
      else if (!this.#displace(named, id)) break;
    }
    this.#named = named;
  }

  /** Takes a look at some tenants: they get places that are free, and nobody loses one. */
  sawSome(traffic: readonly TenantTraffic[]): void {
    const named = new Set(this.#named);
    for (const { tenantId } of traffic) {
      if (named.size < this.#most && this.#mayHavePlace(tenantId)) named.add(tenantId);
    }
    this.#named = named;
  }

  #count({ tenantId, held, arrivals }: TenantTraffic): void {
    const before = this.#arrivals.get(tenantId) ?? arrivals;
    this.#arrivals.set(tenantId, arrivals);
    // Redis may have been emptied: then it counts from nought.
    const busy = held + Math.max(0, arrivals - before);
    if (busy > 0) this.#scores.set(tenantId, (this.#scores.get(tenantId) ?? 0) + busy);
  }

  #busiestFirst(named: ReadonlySet<string>): string[] {
    return [...this.#scores]
      .filter(([id]) => !named.has(id) && this.#mayHavePlace(id))
      .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
      .slice(0, this.#most)
      .map(([id]) => id);
  }

  /** Gives the place of the least busy to `id`, if that is much busier. */
  #displace(named: Set<string>, id: string): boolean {
    let least: { readonly id: string; readonly score: number } | null = null;
    for (const other of named) {
      const score = this.#scoreOf(other);
      if (least === null || score < least.score) least = { id: other, score };
    }
    if (least === null || this.#scoreOf(id) <= ADVANTAGE * least.score) return false;
    named.delete(least.id);
    named.add(id);
    return true;
  }

  #mayHavePlace(id: string): boolean {
    return id !== OTHER_TENANTS && !this.#always.has(id);
  }

  #scoreOf(id: string): number {
    return this.#scores.get(id) ?? 0;
  }
}
