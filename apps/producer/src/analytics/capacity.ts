import type { RunningChange } from '@sluice/fleet/postgres/queries/analyseJobs';
import type { SlotsGiven } from '@sluice/fleet/postgres/queries/slotsGiven';

/** A tenant's capacity in one step. */
export interface StepCapacity {
  /** Maximum slots at a time; null before the first decision. */
  readonly slots: number | null;
  /** How often a constraint on the tenant was recorded; 1 while an earlier one persists. */
  readonly heldBack: number;
}

/**
 * A tenant's capacity step by step, from the recorded decisions. Pure. A constraint is recorded when it begins and
 * persists while jobs wait and the tenant's slots do not change.
 * @param waiting waiting jobs at the end of each step
 */
export function capacityOf(
  { fromMs, stepMs }: { readonly fromMs: number; readonly stepMs: number },
  given: readonly SlotsGiven[],
  waiting: readonly number[],
): StepCapacity[] {
  let next = 0;
  let slots: number | null = null;
  let goesOn = false;
  const takeUntil = (endMs: number): StepCapacity => {
    let most = slots;
    let heldBack = 0;
    for (let one = given[next]; one !== undefined && one.atMs < endMs; one = given[++next]) {
      slots = one.slots;
      most = Math.max(most ?? 0, slots);
      goesOn = one.isPaused;
      if (one.isPaused) heldBack++;
    }
    return { slots: most, heldBack };
  };
  takeUntil(fromMs);
  // Unknown here: whether jobs waited continuously since an earlier record.
  goesOn = false;
  return waiting.map((count, step) => {
    const went = goesOn;
    const { slots: most, heldBack } = takeUntil(fromMs + (step + 1) * stepMs);
    goesOn = goesOn && count > 0;
    return { slots: most, heldBack: heldBack === 0 && went ? 1 : heldBack };
  });
}

/** Total running time of all attempts in each step, in ms. Pure. */
export function busyMsOf(changes: readonly RunningChange[], steps: number, stepMs: number): number[] {
  const byStep = new Map(changes.map((change) => [change.step, change]));
  let running = byStep.get(-1)?.running ?? 0;
  return Array.from({ length: steps }, (_, step) => {
    const change = byStep.get(step);
    const busyMs = running * stepMs + (change?.ms ?? 0);
    running += change?.running ?? 0;
    return Math.max(0, busyMs);
  });
}
