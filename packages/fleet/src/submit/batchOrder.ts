/** A job's position among those of its batch. */
export interface BatchTicket {
  /** Resolves when all before it were released. */
  ready(): Promise<unknown>;
  /** Those behind it need not wait for it any longer. Idempotent. */
  release(): void;
}

/**
 * Keeps the jobs of a batch in their order: they may be in several commits, of which any may end first, and jobs of the same
 * rank and second run in the order in which their lane received them.
 * @returns issues the tickets, in order
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
