/** Jobs that a tenant of weight 1 may start in one turn while others wait: enough to go on by fetch-next for a while. */
export const TURN_QUANTUM = 8;

/**
 * Whose job a process starts next: deficit round-robin over the tenants that have work and room for it. Each round a
 * tenant may start `quantum x weight` jobs, so over any time in which two tenants always wait, what they start divided by
 * their weights differs by at most two quanta. Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round
 * Robin", 1995, with jobs of size 1. Every operation is O(1).
 */
export interface Turns {
  /** A tenant has work and room for it. Harmless when it is in the ring already. */
  enter(tenantId: string, weight: number): void;
  /** A tenant has no more work: what is left of its turn is lost. */
  leave(tenantId: string): void;
  /** A tenant has work but no room for it: it is passed over, and keeps what is left of its turn. */
  pass(tenantId: string): void;
  /** The tenant that starts a job now, and charges it; null when none can. */
  next(): string | null;
  /** Whether a tenant may start another job where one of its own ended, and charges it. Always, while no other waits. */
  mayGoOn(tenantId: string): boolean;
  /** Whether anyone waits. */
  someoneWaits(): boolean;
}

/** @param quantum jobs that a tenant of weight 1 may start in one turn, at least 1 */
export function createTurns(quantum: number = TURN_QUANTUM): Turns {
  /** Those who wait, the next first, with their weights: a Map keeps the order in which keys were set. */
  const ring = new Map<string, number>();
  /** Jobs that are left of a turn, of those who have any. */
  const left = new Map<string, number>();

  /** Takes a job from a turn; whose turn ends with it goes to the end of the ring. */
  function charge(tenantId: string): void {
    const jobs = left.get(tenantId) ?? 0;
    if (jobs > 1) {
      left.set(tenantId, jobs - 1);
      return;
    }
    left.delete(tenantId);
    const weight = ring.get(tenantId);
    if (weight === undefined) return;
    ring.delete(tenantId);
    ring.set(tenantId, weight);
  }

  return {
    enter(tenantId, weight) {
      ring.set(tenantId, weight);
    },
    leave(tenantId) {
      ring.delete(tenantId);
      left.delete(tenantId);
    },
    pass(tenantId) {
      ring.delete(tenantId);
    },
    next() {
      const head = ring.entries().next().value;
      if (head === undefined) return null;
      const [tenantId, weight] = head;
      if (!left.has(tenantId)) left.set(tenantId, quantum * weight);
      charge(tenantId);
      return tenantId;
    },
    mayGoOn(tenantId) {
      const othersWait = ring.size > (ring.has(tenantId) ? 1 : 0);
      if (!othersWait) return true;
      if (!left.has(tenantId)) return false;
      charge(tenantId);
      return true;
    },
    someoneWaits: () => ring.size > 0,
  };
}
