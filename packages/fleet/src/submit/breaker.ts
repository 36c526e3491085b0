/** How a call ended: with a response, a time-out, or a rejection by the server (out of memory, read only, disk). */
export type CallOutcome = 'done' | 'silent' | 'refused';

/** Whether a server is called. While the breaker is open, calls fail at once, except for one probe per period. */
export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly because: Exclude<CallOutcome, 'done'>; readonly tryAtMs: number };

/** What to do with a call: make it, make it as the probe of this period, or fail at once. */
export type CallDecision = 'call' | 'try' | 'skip';

/** Interval between probes of a server that failed, in ms. */
export const TRY_EVERY_MS = 1_000;

/** The initial state of every breaker. */
export const CLOSED: BreakerState = { kind: 'closed' };

/** Decides whether to call now. Pure. */
export function decideCall(state: BreakerState, nowMs: number): CallDecision {
  if (state.kind === 'closed') return 'call';
  return nowMs >= state.tryAtMs ? 'try' : 'skip';
}

/**
 * The state after sending a probe: the next one is due a period later, whether or not this one gets a response. Pure.
 */
export function afterTry(state: BreakerState, nowMs: number): BreakerState {
  return state.kind === 'closed' ? state : { ...state, tryAtMs: nowMs + TRY_EVERY_MS };
}

/** The state once a call has ended. Pure. */
export function afterCall(outcome: CallOutcome, nowMs: number): BreakerState {
  return outcome === 'done' ? CLOSED : { kind: 'open', because: outcome, tryAtMs: nowMs + TRY_EVERY_MS };
}

/** The state after the server responded to a read-only request: it is no longer silent. Pure. */
export function afterSign(state: BreakerState): BreakerState {
  return state.kind === 'open' && state.because === 'silent' ? CLOSED : state;
}
