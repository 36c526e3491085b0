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

/** Lines that tell of violations: who reads more of them learns nothing more. */
const MOST_LINES = 10;

/** Violations as ten lines at most, the last of which counts the others; empty when there are none. */
export function describeViolations(violations: readonly Violation[]): string {
  const lines = violations.map(({ invariant, what }) => `${invariant}: ${what}`);
  const shown = lines.length > MOST_LINES ? lines.slice(0, MOST_LINES - 1) : lines;
  return [...shown, ...(shown.length < lines.length ? [`and ${lines.length - shown.length} more`] : [])].join('\n');
}

/** Everything that is against an invariant. */
export function findViolations(facts: Facts): Violation[] {
  return CHECKS.flatMap((check) => check(facts));
}
