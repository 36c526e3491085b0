/** The loop of the scaler ticks this often at least, in ms: see `lookLoop.ts`. */
const GATHER_MS = 250;

/** At whom a tick looks. */
export type TickLook =
  | { readonly kind: 'all' }
  | { readonly kind: 'touched'; readonly tenants: ReadonlySet<string> }
  | { readonly kind: 'nobody' };

/** When the scaler looks, in simulated time. */
export interface LookTimes {
  readonly tickMs: number;
  /** What the tick at a moment looks at. A look at all has seen what was touched before. */
  tick(atMs: number, touched: ReadonlySet<string>): TickLook;
}

/** The times of one leader that starts at 0, as the loop of the scaler keeps them; a look itself takes no time. */
export function createLookTimes(intervalMs: number): LookTimes {
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
