import type { RunningChange } from '@sluice/fleet/postgres/queries/analyseJobs';
import type { SlotsGiven } from '@sluice/fleet/postgres/queries/slotsGiven';

/** What a tenant had for its jobs in a step. */
export interface StepCapacity {
  /** Most slots at a time; null when nothing was decided yet. */
  readonly slots: number | null;
  /** How often it was noted that something held the tenant back; 1 while what was noted before goes on. */
  readonly heldBack: number;
}

/**
 * What was decided, step by step. Pure. What holds a tenant back is noted when it begins: it goes on while there are jobs
 * that wait and its slots are not changed.
 * @param waiting jobs that wait at the end of each step
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
  // Whether jobs waited all the time since an earlier note is not known here.
  goesOn = false;
  return waiting.map((count, step) => {
    const went = goesOn;
    const { slots: most, heldBack } = takeUntil(fromMs + (step + 1) * stepMs);
    goesOn = goesOn && count > 0;
    return { slots: most, heldBack: heldBack === 0 && went ? 1 : heldBack };
  });
}

/** How long attempts took in each step, all together, in ms. Pure. */
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
