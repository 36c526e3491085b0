import type { DeathCategory } from '@sluice/shared/contracts/deadLetter';

/** How an attempt ended, before it is reported. */
export type AttemptVerdict =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: unknown }
  /** `neverRan`, here and below: the job was handed back before its handler began. */
  | { readonly kind: 'defer'; readonly delayMs: number; readonly error: unknown; readonly neverRan?: true }
  | { readonly kind: 'release'; readonly neverRan?: true }
  /**
   * Put back for a worker that can run it: this one has no handler for its task, or rejects its data. Costs nothing.
   */
  | { readonly kind: 'put-back'; readonly delayMs: number; readonly error: unknown; readonly neverRan: true }
  /** Returned to its place: its upstream asked the whole lane to wait. Costs nothing, however often it happens. */
  | { readonly kind: 'hold-back'; readonly error: unknown }
  | { readonly kind: 'cancel' }
  /** Its own process died while running it; costs no retry and counts as a crash. */
  | { readonly kind: 'lost'; readonly delayMs: number; readonly error: unknown }
  | { readonly kind: 'bury'; readonly category: DeathCategory; readonly error: unknown; readonly lost?: true };
