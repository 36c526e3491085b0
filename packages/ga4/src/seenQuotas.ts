import type { SeenQuota } from './ga4Quota.js';

/** The latest quotas of each property that this process called. */
export interface SeenQuotas {
  note(property: string, seen: SeenQuota): void;
  latest(property: string): SeenQuota | null;
}

/** Keeps up to `capacity` properties, the most recently updated ones. */
export function createSeenQuotas(capacity = 1_000): SeenQuotas {
  const byProperty = new Map<string, SeenQuota>();
  return {
    note(property, seen) {
      byProperty.delete(property);
      byProperty.set(property, seen);
      const [oldest] = byProperty.keys();
      if (byProperty.size > capacity && oldest !== undefined) byProperty.delete(oldest);
    },
    latest: (property) => byProperty.get(property) ?? null,
  };
}
