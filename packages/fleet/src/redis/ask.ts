/** Asks a store, in the way of the process: how long it waits, and what an answer that does not come becomes. */
export type Ask = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;
