/**
 * Runs a query against a store under the process's policy: how long to wait, and which error a missing reply becomes.
 */
export type Ask = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;
