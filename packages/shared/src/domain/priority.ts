import type { TenantRole } from '../contracts/identity.js';

/** Points (one point = one second) by which a role is ahead (negative) or behind. Source: requirement 1. */
export const ROLE_ADJUSTMENT_POINTS = {
  owner: -10_000,
  admin: -5_000,
  member: 0,
  viewer: 5_000,
} as const satisfies Record<TenantRole, number>;

/** Points that one step of the custom priority (0..100) is worth. */
export const POINTS_PER_PRIORITY = 100;

/**
 * BullMQ priority of a job: an integer from 1 (first) to 25,001 (last), first in first out among equals.
 * The requirement's score without its time part: 10,001 + role adjustment + 100 x (100 - priority).
 * Every job gets one, because BullMQ lets a job without one jump its whole queue.
 * @param priority 0..100, higher is sooner
 */
export function queuePriority(role: TenantRole, priority: number): number {
  const aheadOfAll = 1 - ROLE_ADJUSTMENT_POINTS.owner;
  return aheadOfAll + ROLE_ADJUSTMENT_POINTS[role] + POINTS_PER_PRIORITY * (100 - priority);
}
