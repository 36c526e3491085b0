import type { Course } from './result.js';

/** The simulated time is divided into this many spans: as many as fit beside a name in a terminal. */
const SPANS = 60;

/** Records the course of a tenant's figures. */
export interface CourseKeeper {
  /** @param figures `arrived` is the total number of jobs */
  note(atMs: number, figures: { readonly arrived: number; readonly waiting: number; readonly slots: number }): void;
  read(): Course;
}

/** Creates the course of a tenant from 0 to a time. */
export function createCourse(untilMs: number): CourseKeeper {
  const [arrived, waiting, slots] = [emptySpans(), emptySpans(), emptySpans()];
  let arrivedBefore = 0;
  return {
    note(atMs, figures) {
      const span = Math.min(SPANS - 1, Math.floor((atMs / Math.max(1, untilMs)) * SPANS));
      arrived[span] = (arrived[span] ?? 0) + figures.arrived - arrivedBefore;
      waiting[span] = Math.max(waiting[span] ?? 0, figures.waiting);
      slots[span] = Math.max(slots[span] ?? 0, figures.slots);
      arrivedBefore = figures.arrived;
    },
    read: () => ({ arrived, waiting, slots }),
  };
}

function emptySpans(): number[] {
  return Array.from({ length: SPANS }, () => 0);
}
