/** A tenant's traffic, as one scan found it. */
export interface TenantTraffic {
  readonly tenantId: string;
  /** Jobs that wait or run. */
  readonly held: number;
  /** Total number of jobs ever added, as far as known. */
  readonly arrivals: number;
}

/** Which tenants metrics label. */
export interface ShownTenantsBounds {
  /** Always labelled, once they have a lane. */
  readonly always: readonly string[];
  /** Maximum number of others. */
  readonly most: number;
}

/** The label of all other tenants; a tenant with this very id never gets a label of its own. */
export const OTHER_TENANTS = 'other';

/**
 * A new tenant replaces another only when it is this many times as busy: otherwise two similar tenants would alternate.
 */
const ADVANTAGE = 2;

/** Each full scan has a weight of one half; older scores that fall below this are dropped. */
const FORGOTTEN_SCORE = 0.01;

/**
 * Chooses the tenants that metrics label: a fixed list, and the busiest others. Pure. Labels change as little as
 * possible: a labelled tenant keeps its label, however idle, until a much busier one needs it or the tenant is deleted.
 */
export class ShownTenants {
  readonly #always: ReadonlySet<string>;
  readonly #most: number;
  readonly #scores = new Map<string, number>();
  readonly #arrivals = new Map<string, number>();
  #named: ReadonlySet<string>;

  /** @param before the tenants that a predecessor labelled */
  constructor({ always, most }: ShownTenantsBounds, before: readonly string[] = []) {
    this.#always = new Set(always.filter((id) => id !== OTHER_TENANTS));
    this.#most = most;
    this.#named = new Set(before.filter((id) => this.#mayHavePlace(id)).slice(0, most));
  }

  /** All labelled tenants, at most as many as the list and the limit together. */
  names(): readonly string[] {
    return [...this.#always, ...this.#named];
  }

  /** Updates the labels from a scan of all tenants. */
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

  /** Updates the labels from a scan of some tenants: they get free labels only, and none loses its label. */
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
    // Redis may have been emptied: then its counter restarts from 0.
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

  /** Replaces the least busy tenant by `id`, if that is much busier. */
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
