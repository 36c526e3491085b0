import type { BusinessHoursRule, PriorityRules } from '@sluice/shared/contracts/priorityRules';
import { MAX_RULE_POINTS } from '@sluice/shared/contracts/priorityRules';
import { localTimeAt } from './localTime.js';

/** Inputs of the priority rules. */
export interface RuleFacts {
  /** Start of the job's wait, unix ms. */
  readonly sinceMs: number;
  /** Points that the job's task computes from its data; 0 if the task computes none. */
  readonly complexityPoints: number;
  /** Jobs that its user submitted before it within about an hour. */
  readonly recentJobs: number;
}

/**
 * Points by which a tenant's rules move a job back (above 0) or ahead (below 0), a whole number within {@link
 * MAX_RULE_POINTS}. Pure.
 */
export function rulePointsOf(rules: PriorityRules | null, facts: RuleFacts): number {
  if (rules === null) return 0;
  const { businessHours, complexity, recentUse } = rules;
  let sum = 0;
  if (businessHours !== undefined && isWithin(businessHours, facts.sinceMs)) sum += businessHours.points;
  if (complexity !== undefined) sum += Math.min(complexity.maxPoints, Math.max(0, Math.round(facts.complexityPoints)));
  if (recentUse !== undefined) {
    const further = Math.max(0, Math.round(facts.recentJobs) - recentUse.freeJobs);
    sum += Math.min(recentUse.maxPoints, further * recentUse.pointsPerJob);
  }
  return Math.max(-MAX_RULE_POINTS, Math.min(MAX_RULE_POINTS, sum));
}

/** Whether a moment is within the hours, in their time zone. Hours that end on the next day belong to the first day. */
export function isWithin({ timeZone, days, from, to }: BusinessHoursRule, atMs: number): boolean {
  const { weekday, time } = localTimeAt(timeZone, atMs);
  if (from < to) return days.includes(weekday) && from <= time && time < to;
  const dayBefore = weekday === 1 ? 7 : weekday - 1;
  return (days.includes(weekday) && from <= time) || (days.includes(dayBefore) && time < to);
}
