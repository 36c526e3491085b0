/** Names of the keys that hold a tenant's use of an upstream. On a Redis Cluster the three must be of one slot. */
export interface QuotaKeys {
  /** HASH of the calls that a tenant made of an upstream, by parts of the quota's window. */
  quotaRing(tenantId: string, upstream: string): string;
  /** ZSET of a tenant's calls of an upstream that are under way -> when the lease of each ends, unix ms. */
  quotaCalls(tenantId: string, upstream: string): string;
  /** HASH of a tenant's circuit of an upstream; absent while it is closed and nothing failed recently. */
  circuit(tenantId: string, upstream: string): string;
}
