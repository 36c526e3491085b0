/** The loop of the scaler ticks this often at least, in ms: see `passLoop.ts`. */
const GATHER_MS = 250;

/** Which tenants a tick covers. */
export type TickPass =
  | { readonly kind: 'all' }
  | { readonly kind: 'touched'; readonly tenants: ReadonlySet<string> }
  | { readonly kind: 'nobody' };

/** When the scaler passes, in simulated time. */
export interface PassTimes {
  readonly tickMs: number;
  /** What the tick at a moment covers. A full pass covers what was touched before. */
  tick(atMs: number, touched: ReadonlySet<string>): TickPass;
}

/** The times of one leader that starts at 0, as the loop of the scaler keeps them; a pass itself takes no time. */
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
