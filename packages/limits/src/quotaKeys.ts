/** Names of the keys that hold a tenant's use of an upstream. On a Redis Cluster the three must share a hash slot. */
export interface QuotaKeys {
  /** HASH of a tenant's calls to an upstream, by parts of the quota window. */
  quotaRing(tenantId: string, upstream: string): string;
  /** ZSET of a tenant's calls to an upstream in progress -> expiry of each call's lease, unix ms. */
  quotaCalls(tenantId: string, upstream: string): string;
  /** HASH of a tenant's circuit for an upstream; absent while it is closed and nothing failed recently. */
  circuit(tenantId: string, upstream: string): string;
}
