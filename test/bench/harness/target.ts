import type { Comparison } from './interleave.js';

/** What is asked of a row: of our figure itself, or of its ratio to the reference's. */
export interface Target {
  readonly of: 'ours' | 'ratio';
  readonly bound: 'at-least' | 'at-most';
  readonly value: number;
}

/** The target in words, such as `ratio >= 1.2`. */
export function describeTarget({ of, bound, value }: Target): string {
  return `${of} ${bound === 'at-least' ? '>=' : '<='} ${value}`;
}

/** Whether a figure keeps to its target; one that could not be measured does not. */
export function meetsTarget(figures: Comparison, { of, bound, value }: Target): boolean {
  const figure = figures[of];
  if (figure === null) return false;
  return bound === 'at-least' ? figure >= value : figure <= value;
}
