import { jobsRunInTime, refusalsAreOrderly, slotsAreBounded, tenantsAreApart } from './bounds.js';
import { effectsAreSingle } from './effects.js';
import type { Check, Facts, Violation } from './facts.js';
import { endsAreFinal } from './order.js';
import { nothingIsLost, nothingIsMadeUp } from './promises.js';

const CHECKS: readonly Check[] = [
  nothingIsLost,
  effectsAreSingle,
  nothingIsMadeUp,
  tenantsAreApart,
  refusalsAreOrderly,
  jobsRunInTime,
  slotsAreBounded,
  endsAreFinal,
];

/** Maximum lines of violations: more add no information. */
const MOST_LINES = 10;

/** Violations as at most ten lines, the last of which counts the rest; empty when there are none. */
export function describeViolations(violations: readonly Violation[]): string {
  const lines = violations.map(({ invariant, what }) => `${invariant}: ${what}`);
  const shown = lines.length > MOST_LINES ? lines.slice(0, MOST_LINES - 1) : lines;
  return [...shown, ...(shown.length < lines.length ? [`and ${lines.length - shown.length} more`] : [])].join('\n');
}

/** Finds every violation of an invariant. */
export function findViolations(facts: Facts): Violation[] {
  return CHECKS.flatMap((check) => check(facts));
}
