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

/** Everything that is against an invariant. */
export function findViolations(facts: Facts): Violation[] {
  return CHECKS.flatMap((check) => check(facts));
}
