/** Jobs that a tenant of weight 1 may start in one turn while others wait: enough to go on by fetch-next for a while. */
export const TURN_QUANTUM = 8;

/**
 * Whose job a process starts next: deficit round-robin over the tenants that have work and room for it. In each round a
 * tenant has one turn, of `quantum x weight` jobs, so over any time in which two tenants always wait, what they start
 * divided by their weights differs by at most two quanta. Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit
 * Round Robin", 1995, with jobs of size 1.
 *
 * Unlike packets on one line, jobs run beside each other, and a heavy tenant's turn lasts longer than a light one's. So
 * turns are numbered: who has had fewer comes first, else the light would have more turns than the heavy. Within a round the
 * tenants take jobs one by one, so that a newcomer waits for one job of each, not for whole turns; a turn goes on without
 * a break only where one job follows another of its own. A tenant that comes anew starts with the round that is under
 * way, and has saved up nothing.
 */
export interface Turns {
  /** A tenant has work and room for it. Harmless when it waits already. */
  enter(tenantId: string, weight: number): void;
  /** A tenant has no more work: what is left of its turn is lost. */
  leave(tenantId: string): void;
  /** A tenant has work but no room for it: it is passed over, and keeps what is left of its turn. */
  pass(tenantId: string): void;
  /** The tenant that starts a job now, and charges it; null when none can. */
  next(): string | null;
  /** Whether a tenant may start another job where one of its own ended, and charges it. Always, while no other waits. */
  mayGoOn(tenantId: string): boolean;
  /** Whether a tenant other than this waits. */
  othersWait(tenantId: string): boolean;
  /** Whether anyone waits. */
  someoneWaits(): boolean;
}

/** What is known of a tenant that has work. */
interface Turn {
  /** Number of the round that its turn is of. */
  round: number;
  /** Jobs that are left of a turn that has begun; 0 before. */
  left: number;
}

/** @param quantum jobs that a tenant of weight 1 may start in one turn, at least 1 */
export function createTurns(quantum: number = TURN_QUANTUM): Turns {
  /** Those who wait with their weights, by round, the next first: a Map keeps the order in which keys were set. */
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

  /** @returns the tenant's weight; undefined when it did not wait */
  function stopWaiting(tenantId: string, { round }: Turn): number | undefined {
    const ring = rounds.get(round);
    const weight = ring?.get(tenantId);
    if (ring === undefined || weight === undefined) return undefined;
    ring.delete(tenantId);
    waiting--;
    if (ring.size === 0) rounds.delete(round);
    return weight;
  }

  /** Takes a job from a turn, and lets the others of the round go first; after its last comes the turn of the next round. */
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
