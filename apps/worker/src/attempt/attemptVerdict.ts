import type { DeathCategory } from '@sluice/shared/contracts/deadLetter';

/** How an attempt ended, before anyone was told. */
export type AttemptVerdict =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: unknown }
  /** `neverRan`, here and below: it was given back before its handler began. */
  | { readonly kind: 'defer'; readonly delayMs: number; readonly error: unknown; readonly neverRan?: true }
  | { readonly kind: 'release'; readonly neverRan?: true }
  /** Back, for a worker that can run it: this one has no handler of its task, or refuses its data. Costs nothing. */
  | { readonly kind: 'put-back'; readonly delayMs: number; readonly error: unknown; readonly neverRan: true }
  /** Back to its place: its upstream asked the whole lane to wait. Costs nothing, however often. */
  | { readonly kind: 'hold-back'; readonly error: unknown }
  | { readonly kind: 'cancel' }
  /** Its own process died under it; costs it none of its retries, and is counted as a crash. */
  | { readonly kind: 'lost'; readonly delayMs: number; readonly error: unknown }
  | { readonly kind: 'bury'; readonly category: DeathCategory; readonly error: unknown; readonly lost?: true };
