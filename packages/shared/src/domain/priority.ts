import type { TenantRole } from '../contracts/identity.js';
import { MAX_RULE_POINTS } from '../contracts/priorityRules.js';

/** Points (one point = one second) by which a role is ahead (negative) or behind. Source: requirement 1. */
export const ROLE_ADJUSTMENT_POINTS = {
  owner: -10_000,
  admin: -5_000,
  member: 0,
  viewer: 5_000,
} as const satisfies Record<TenantRole, number>;

/** Points per step of the custom priority (0..100). */
export const POINTS_PER_PRIORITY = 100;

/** BullMQ's largest (last) priority. */
export const LAST_QUEUE_PRIORITY = 2 ** 21 - 1;

/**
 * Length of an era, in seconds: about six days. A lane's priorities count from an epoch that advances by one era at a
 * time. Three eras and all adjustments fit into BullMQ's range, so a job keeps its exact place for at least twelve
 * days.
 */
export const ERA_S = 2 ** 19;

/**
 * Maximum lead of a job over others submitted at the same moment: an owner's, with priority 100 and favoured by rules.
 */
const AHEAD_POINTS = -ROLE_ADJUSTMENT_POINTS.owner + 100 * POINTS_PER_PRIORITY + MAX_RULE_POINTS;

/** Maximum time for which later jobs can overtake a job, in seconds: the spread of all adjustments. */
export const SPREAD_S = AHEAD_POINTS + ROLE_ADJUSTMENT_POINTS.viewer + MAX_RULE_POINTS;

/** What determines a job's place in its lane. */
export interface Ranked {
  readonly role: TenantRole;
  /** 0..100, higher is sooner. */
  readonly priority: number;
  /** Start of its wait, unix ms: when it was accepted, or when it was due if it was submitted with a delay. */
  readonly sinceMs: number;
  /** Points from rules of its tenant or task: negative is ahead. */
  readonly rulePoints: number;
}

/**
 * The requirement's score, lowest first: start of the wait in seconds, role adjustment, 100 for each step of priority.
 * As one point is one second, a waiting job gains on all later jobs: none starves.
 */
export function scoreOf({ role, priority, sinceMs, rulePoints }: Ranked): number {
  const rules = Math.max(-MAX_RULE_POINTS, Math.min(MAX_RULE_POINTS, Math.round(rulePoints)));
  return Math.floor(sinceMs / 1_000) + ROLE_ADJUSTMENT_POINTS[role] - POINTS_PER_PRIORITY * priority + rules;
}

/** The second from which BullMQ's priorities count at a moment: between two and three eras before it. */
export function epochAt(nowMs: number): number {
  return (Math.floor(nowMs / 1_000 / ERA_S) - 2) * ERA_S;
}

/**
 * BullMQ's priority of a job: its score as a whole number from 1 (first) to 2,097,151 (last), first in, first out among
 * equals. Every job gets one, because in BullMQ a job without one goes ahead of the whole queue.
 * @param epochS from {@link epochAt}; jobs are compared within one epoch, and those that outlast it are rescored
 */
export function queuePriority(ranked: Ranked, epochS: number): number {
  const number = 1 + AHEAD_POINTS + scoreOf(ranked) - epochS;
  return Math.max(1, Math.min(LAST_QUEUE_PRIORITY, number));
}

/**
 * BullMQ's priority of a schedule's runs, from 1 to 25,001: ahead of all submitted jobs, since a run is due at its time
 * and at most one run of a schedule waits; among each other by role and priority. It does not depend on an epoch, as
 * BullMQ creates the runs from the options that the schedule was created with.
 */
export function standingPriority(role: TenantRole, priority: number): number {
  return 1 - ROLE_ADJUSTMENT_POINTS.owner + ROLE_ADJUSTMENT_POINTS[role] + POINTS_PER_PRIORITY * (100 - priority);
}
