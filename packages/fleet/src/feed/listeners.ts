import { bucketOf } from '@sluice/shared/domain/lane';
import type { FedEvent } from '../redis/commands/feed.js';

/** Receives events in order. Must not throw. */
export type FeedListener = (fed: FedEvent) => void;

/** The subject of a subscription: a tenant's jobs, or one of them. */
export interface FeedSubject {
  readonly tenantId: string;
  readonly jobId: string | null;
}

/** The current subscriptions; delivers each event only to the listeners of its subject. */
export interface Listeners {
  /** Returns a function that unsubscribes. */
  add(subject: FeedSubject, listener: FeedListener): () => void;
  deliver(fed: FedEvent): void;
  hasTenant(tenantId: string): boolean;
  hasBucket(bucket: number): boolean;
  /** Buckets that have listeners. */
  buckets(): number[];
  isEmpty(): boolean;
}

/** Creates an empty set of subscriptions. */
export function createListeners(): Listeners {
  /** Tenant, or tenant and job -> its listeners. */
  const bySubject = new Map<string, Set<FeedListener>>();
  const tenants = new Map<string, number>();
  const buckets = new Map<number, number>();

  return {
    add({ tenantId, jobId }, listener) {
      const key = keyOf(tenantId, jobId);
      const own = bySubject.get(key) ?? new Set();
      bySubject.set(key, own.add(listener));
      count(tenants, tenantId, 1);
      count(buckets, bucketOf(tenantId), 1);
      return () => {
        if (!own.delete(listener)) return;
        if (own.size === 0 && bySubject.get(key) === own) bySubject.delete(key);
        count(tenants, tenantId, -1);
        count(buckets, bucketOf(tenantId), -1);
      };
    },
    deliver(fed) {
      const { event } = fed;
      const { tenantId } = event;
      // A job's state is also read from the ledger; only its tenant's list depends on this notice.
      if (event.kind !== 'missed')
        for (const listener of bySubject.get(keyOf(tenantId, event.jobId)) ?? []) listener(fed);
      for (const listener of bySubject.get(keyOf(tenantId, null)) ?? []) listener(fed);
    },
    hasTenant: (tenantId) => tenants.has(tenantId),
    hasBucket: (bucket) => buckets.has(bucket),
    buckets: () => [...buckets.keys()],
    isEmpty: () => buckets.size === 0,
  };
}

function keyOf(tenantId: string, jobId: string | null): string {
  return jobId === null ? tenantId : `${tenantId} ${jobId}`;
}

function count<Key>(counts: Map<Key, number>, key: Key, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
