/** A job's position among those of its batch. */
export interface BatchTicket {
  /** Resolves when all earlier tickets were released. */
  ready(): Promise<unknown>;
  /** Later tickets need not wait for it any longer. Idempotent. */
  release(): void;
}

/**
 * Keeps the jobs of a batch in order: they may be in several commits that end in any order, and jobs with the same rank
 * and second run in the order in which their lane received them.
 * @returns a function that issues the tickets, in order
 */
export function createBatchOrder(): () => BatchTicket {
  let all: Promise<unknown> = Promise.resolve();
  return () => {
    const before = all;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    all = before.then(() => released);
    return { ready: () => before, release };
  };
}
