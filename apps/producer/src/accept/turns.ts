/** A job's place among those of its batch. */
export interface Turn {
  /** Resolves when all before it have passed. */
  come(): Promise<unknown>;
  /** Those behind it need not wait for it any more. Harmless twice. */
  pass(): void;
}

/**
 * Keeps the jobs of a batch in their order: they may be in several commits, of which any may be the first to end, and equals of
 * one second stand in their lane in the order in which they are added.
 * @returns gives the turns, one after the other
 */
export function createTurns(): () => Turn {
  let all: Promise<unknown> = Promise.resolve();
  return () => {
    const before = all;
    let pass = (): void => undefined;
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    all = before.then(() => passed);
    return { come: () => before, pass };
  };
}
