/** Jobs that a tenant of weight 1 may start in one turn while others wait: enough to benefit from fetch-next. */
export const TURN_QUANTUM = 8;

/**
 * Decides whose job a process starts next: deficit round-robin over the tenants that have work and capacity for it. In
 * each round a tenant has one turn of `quantum x weight` jobs, so over any interval in which two tenants are always
 * waiting, the jobs they start divided by their weights differ by at most two quanta. Shreedhar and Varghese,
 * "Efficient Fair Queuing Using Deficit Round Robin", 1995, with jobs of size 1.
 *
 * Unlike packets on one link, jobs run concurrently, and a heavy tenant's turn lasts longer than a light one's. Turns
 * are therefore numbered, and the tenant with fewer turns goes first; otherwise light tenants would get more turns than
 * heavy ones. Within a round the tenants start one job each in rotation, so a newcomer waits for one job of each, not
 * for whole turns; a turn continues without interruption only where one job follows another of the same tenant. A new
 * tenant joins the current round without credit from earlier rounds.
 */
export interface Turns {
  /** A tenant has work and capacity for it. Idempotent. */
  enter(tenantId: string, weight: number): void;
  /** A tenant has no more work: it forfeits the rest of its turn. */
  leave(tenantId: string): void;
  /** A tenant has work but no capacity for it: it is skipped and keeps the rest of its turn. */
  pass(tenantId: string): void;
  /** Returns and charges the tenant that starts the next job; null when none can. */
  next(): string | null;
  /** Whether a tenant may follow an ended job with another, and charges it. Always true while no other tenant waits. */
  mayGoOn(tenantId: string): boolean;
  /** Whether another tenant waits. */
  othersWait(tenantId: string): boolean;
  /** Whether any tenant waits. */
  someoneWaits(): boolean;
}

/** State of a tenant that has work. */
interface Turn {
  /** Round that its turn belongs to. */
  round: number;
  /** Jobs left in the current turn; 0 before it starts. */
  left: number;
}

/** @param quantum jobs that a tenant of weight 1 may start in one turn, at least 1 */
export function createTurns(quantum: number = TURN_QUANTUM): Turns {
  /** Waiting tenants with their weights, by round, next first: a Map keeps insertion order. */
  const rounds = new Map<number, Map<string, number>>();
  const turns = new Map<string, Turn>();
  let waiting = 0;
  let current = 0;

  function wait(tenantId: string, round: number, weight: number): void {
    let ring = rounds.get(round);
    if (ring === undefined) {
      ring = new Map();
      rounds.set(round, ring);
    }
    if (!ring.has(tenantId)) waiting++;
    ring.set(tenantId, weight);
  }

  /** @returns the tenant's weight; undefined when it was not waiting */
  function stopWaiting(tenantId: string, { round }: Turn): number | undefined {
    const ring = rounds.get(round);
    const weight = ring?.get(tenantId);
    if (ring === undefined || weight === undefined) return undefined;
    ring.delete(tenantId);
    waiting--;
    if (ring.size === 0) rounds.delete(round);
    return weight;
  }

  /** Takes a job from a turn and moves the tenant to the end of the round; after the last job, to the next round. */
  function charge(tenantId: string, turn: Turn): void {
    turn.left--;
    const weight = stopWaiting(tenantId, turn);
    if (turn.left === 0) turn.round++;
    if (weight !== undefined) wait(tenantId, turn.round, weight);
  }

  function othersWait(tenantId: string): boolean {
    const turn = turns.get(tenantId);
    const waits = turn !== undefined && rounds.get(turn.round)?.has(tenantId) === true;
    return waiting > (waits ? 1 : 0);
  }

  return {
    enter(tenantId, weight) {
      let turn = turns.get(tenantId);
      if (turn === undefined) {
        turn = { round: current, left: 0 };
        turns.set(tenantId, turn);
      }
      wait(tenantId, turn.round, weight);
    },
    leave(tenantId) {
      const turn = turns.get(tenantId);
      if (turn !== undefined) stopWaiting(tenantId, turn);
      turns.delete(tenantId);
    },
    pass(tenantId) {
      const turn = turns.get(tenantId);
      if (turn !== undefined) stopWaiting(tenantId, turn);
    },
    next() {
      if (waiting === 0) return null;
      const round = Math.min(...rounds.keys());
      const [tenantId, weight] = rounds.get(round)?.entries().next().value ?? ['', 1];
      const turn = turns.get(tenantId);
      if (turn === undefined) return null;
      current = Math.max(current, round);
      if (turn.left === 0) turn.left = quantum * weight;
      charge(tenantId, turn);
      return tenantId;
    },
    mayGoOn(tenantId) {
      if (!othersWait(tenantId)) return true;
      const turn = turns.get(tenantId);
      if (turn === undefined || turn.left === 0) return false;
      charge(tenantId, turn);
      return true;
    },
    othersWait,
    someoneWaits: () => waiting > 0,
  };
}
