import type { TenantRole } from '../contracts/identity.js';
import { MAX_RULE_POINTS } from '../contracts/priorityRules.js';

/** Points (one point = one second) by which a role is ahead (negative) or behind. Source: requirement 1. */
export const ROLE_ADJUSTMENT_POINTS = {
  owner: -10_000,
  admin: -5_000,
  member: 0,
  viewer: 5_000,
} as const satisfies Record<TenantRole, number>;

/** Points that one step of the custom priority (0..100) is worth. */
export const POINTS_PER_PRIORITY = 100;

/** BullMQ's last priority. */
export const LAST_QUEUE_PRIORITY = 2 ** 21 - 1;

/**
 * Length of an era, in seconds: six days. The numbers of a lane count from an epoch that moves on by one era at a time.
 * Three eras and all adjustments fit into BullMQ's range, so that a job keeps its exact place for twelve days at least.
 */
export const ERA_S = 2 ** 19;

/** By how much the first of all jobs that come at one moment may be ahead: an owner's, of priority 100, favoured by rules. */
const AHEAD_POINTS = -ROLE_ADJUSTMENT_POINTS.owner + 100 * POINTS_PER_PRIORITY + MAX_RULE_POINTS;

/** Longest that a job can be overtaken by jobs that come later, in seconds: the spread of all adjustments. */
export const SPREAD_S = AHEAD_POINTS + ROLE_ADJUSTMENT_POINTS.viewer + MAX_RULE_POINTS;

/** What determines a job's place in its lane. */
export interface Ranked {
  readonly role: TenantRole;
  /** 0..100, higher is sooner. */
  readonly priority: number;
  /** Since when it waits, unix ms: when it was accepted, or when it was due if it was submitted with a delay. */
  readonly sinceMs: number;
  /** By rules of its tenant or task: below 0 is ahead. */
  readonly rulePoints: number;
}

/**
 * The requirement's score, lowest first: since when it waits in seconds, role adjustment, 100 for each step of priority. As one
 * point is one second, a waiting job gains on all that come later: nothing starves.
 */
export function scoreOf({ role, priority, sinceMs, rulePoints }: Ranked): number {
  const rules = Math.max(-MAX_RULE_POINTS, Math.min(MAX_RULE_POINTS, Math.round(rulePoints)));
  return Math.floor(sinceMs / 1_000) + ROLE_ADJUSTMENT_POINTS[role] - POINTS_PER_PRIORITY * priority + rules;
}

/** From which second BullMQ's priorities count at a moment: between two and three eras before it. */
export function epochAt(nowMs: number): number {
  return (Math.floor(nowMs / 1_000 / ERA_S) - 2) * ERA_S;
}

/**
 * BullMQ's priority of a job: its score as a whole number from 1 (first) to 2,097,151 (last), first in first out among equals.
 * Every job gets one, because BullMQ lets a job without one jump its whole queue.
 * @param epochS from {@link epochAt}; jobs are compared within one epoch, and those that outlast it are scored anew
 */
export function queuePriority(ranked: Ranked, epochS: number): number {
  const number = 1 + AHEAD_POINTS + scoreOf(ranked) - epochS;
  return Math.max(1, Math.min(LAST_QUEUE_PRIORITY, number));
}

/**
 * BullMQ's priority of a schedule's runs, from 1 to 25,001: ahead of all jobs that were submitted, since it is due at its time
 * and at most one run of a schedule waits; among each other by role and priority. It counts from no epoch, as BullMQ makes the
 * runs by itself from what a schedule was made with.
 */
export function standingPriority(role: TenantRole, priority: number): number {
  return 1 - ROLE_ADJUSTMENT_POINTS.owner + ROLE_ADJUSTMENT_POINTS[role] + POINTS_PER_PRIORITY * (100 - priority);
}
