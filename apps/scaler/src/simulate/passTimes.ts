/** Maximum interval between ticks of the scaler's loop, in ms: see `passLoop.ts`. */
const GATHER_MS = 250;

/** The tenants that a tick covers. */
export type TickPass =
  | { readonly kind: 'all' }
  | { readonly kind: 'touched'; readonly tenants: ReadonlySet<string> }
  | { readonly kind: 'nobody' };

/** When the scaler runs its passes, in simulated time. */
export interface PassTimes {
  readonly tickMs: number;
  /** Returns what the tick at a time covers. A full pass covers what was touched before. */
  tick(atMs: number, touched: ReadonlySet<string>): TickPass;
}

/**
 * Creates the pass times of one leader that starts at 0, as the scaler's loop schedules them; a pass itself takes no
 * time.
 */
export function createPassTimes(intervalMs: number): PassTimes {
  let lastAllMs = Number.NEGATIVE_INFINITY;
  return {
    tickMs: Math.min(GATHER_MS, intervalMs),
    tick(atMs, touched) {
      if (atMs - lastAllMs >= intervalMs) {
        lastAllMs = atMs;
        return { kind: 'all' };
      }
      return touched.size > 0 ? { kind: 'touched', tenants: touched } : { kind: 'nobody' };
    },
  };
}
